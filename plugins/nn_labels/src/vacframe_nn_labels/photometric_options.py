"""Options of what photometry adds to the networks: absolute magnitudes to learn, reddening, distances."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vacframe_nn_labels.bands import LABELS, Band, Survey


class AbsoluteMagnitudes(BaseModel):
    """The product `absolute_magnitude_labels`, section 3.3 of the paper.

    The cut on the signal-to-noise ratio of the spectrum, 100 in the paper, is the training set's ``where``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = Field(default=tuple(LABELS), min_length=1)
    """Which absolute magnitudes are made, of m_g, m_bp, ... (`vacframe_nn_labels.bands.LABELS`)."""
    distances: Literal["geometric_distances", "gaia_parallax_l21", "gaia_sources"] = "geometric_distances"
    """Product with the distances (the paper's are geometric ones); the other two give 1/parallax."""
    maximum_distance: float = Field(default=2.0, gt=0)
    """kpc, exclusive."""
    maximum_distance_error: float = Field(default=0.15, gt=0)
    """Relative, exclusive."""
    maximum_magnitude_error: dict[Survey, float] = Field(
        default={"gaia": 0.01, "twomass": 0.03, "wise": 0.035, "apass": 0.035, "sdss": 0.01}
    )
    """Largest error of an apparent magnitude, mag, exclusive; a band beyond it has no absolute magnitude. A survey
    that is not named has no limit."""
    minimum_latitude: float = Field(default=30.0, ge=0, le=90)
    """Smallest \\|b\\|, degrees."""
    maximum_ebv: float = Field(default=0.02, ge=0)
    """Largest E(B-V) of `reddening_map`, mag, by which the magnitudes are dereddened (the paper: by its star-pair
    values, which need labels first)."""

    @model_validator(mode="after")
    def _consistent(self) -> AbsoluteMagnitudes:
        unknown = [name for name in self.labels if name not in LABELS]
        if unknown or len(set(self.labels)) < len(self.labels):
            raise ValueError(f"labels are different ones of {', '.join(LABELS)}; got {', '.join(self.labels)}")
        return self

    @property
    def bands(self) -> dict[str, Band]:
        """Label → band."""
        return {name: LABELS[name] for name in self.labels}


class StarPairs(BaseModel):
    """The products `star_pair_controls` and `star_pair_extinction`: reddening after Yuan et al. (2013).

    Wang et al. (2022) give none of these numbers; the limits of pairs are the group's later practice (METHODS 2).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, str, str] | Literal["off"] | None = None
    """Columns of `nn_estimates` that stars are paired by: effective temperature, log g, [Fe/H]. None takes
    teff_pastel, logg_pastel and feh_pastel where the training sets give them, and else makes no reddening; neither
    does "off"."""
    colours: tuple[tuple[Band, Band], ...] = Field(
        default=(("bp", "rp"), ("g_sdss", "i_sdss"), ("j", "ks")), min_length=1
    )
    """Colours, blue band minus red one. Those of the default share no band."""
    minimum_latitude: float = Field(default=30.0, ge=0, le=90)
    """Smallest \\|b\\| of a control star, degrees."""
    maximum_ebv: float = Field(default=0.02, ge=0)
    """E(B-V) of `reddening_map` that a control star lies below, mag."""
    minimum_snr: float = Field(default=20.0, ge=0)
    """Smallest snr_g of a control star (ours)."""
    maximum_colour_error: float = Field(default=0.05, gt=0)
    """Largest error of a control star's colour, mag (ours)."""
    teff_width: float = Field(default=3e-5, gt=0)
    """Stars whose temperatures differ by less than teff (teff_width teff)^2 pair, K."""
    logg_width: float = Field(default=0.5, gt=0)
    """dex, exclusive."""
    feh_width: float = Field(default=0.3, gt=0)
    """dex, exclusive."""
    minimum_pairs: int = Field(default=5, ge=5)
    """Fewest control stars behind an intrinsic colour, a linear function of the three labels."""

    @model_validator(mode="after")
    def _consistent(self) -> StarPairs:
        from vacframe.astro.extinction import coefficient

        for blue, red in self.colours:
            if not coefficient(blue) > coefficient(red):
                raise ValueError(f"colour {blue} - {red} does not redden; name the bluer band first")
        return self

    @property
    def bands(self) -> tuple[Band, ...]:
        """The bands of the colours."""
        return tuple(dict.fromkeys(band for colour in self.colours for band in colour))


class Distances(BaseModel):
    """Distances and positions of `nn_labels`, section 6 of the paper."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    magnitude: str | None = None
    """Column of `nn_estimates` with the absolute Ks magnitude. None takes m_ks_lgmwas where the training sets and
    `star_pairs` give what is needed, and else makes no distance."""
    r_sun: float = Field(default=8.122, gt=0)
    """Distance of the Sun from the Galactic centre, kpc (GRAVITY Collaboration 2018, A&A 615, L15)."""
    z_sun: float = 0.0208
    """Height of the Sun above the Galactic plane, kpc (Bennett & Bovy 2019, MNRAS 482, 1417)."""
