"""Priors as small objects: initial mass function, Galactic components, dust. Each can be replaced by configuration.

Declarations only; the numbers of the papers are their defaults.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, field_validator, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Prior(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PowerLawImf(_Prior):
    """Stars formed per unit of initial mass: continuous pieces of power laws.

    The default is Kroupa's as Burnett & Binney (2010, eq. 4) and Binney et al. (2014, eq. 3) write it: M^-1.3 below
    0.5 solar masses, 0.536 M^-2.2 to 1, 0.536 M^-2.519 above; the factor follows from continuity. Salpeter's is
    ``breaks = [], exponents = [-2.35]``.
    """

    breaks: tuple[float, ...] = (0.5, 1.0)
    """Masses at which the exponent changes, solar masses, ascending."""
    exponents: tuple[float, ...] = (-1.3, -2.2, -2.519)
    """Exponents below, between and above the breaks."""

    @model_validator(mode="after")
    def _consistent(self) -> PowerLawImf:
        if len(self.exponents) != len(self.breaks) + 1:
            raise ValueError(f"{len(self.breaks)} breaks need {len(self.breaks) + 1} exponents, not as given")
        if list(self.breaks) != sorted(set(self.breaks)) or any(b <= 0 for b in self.breaks):
            raise ValueError("breaks are positive masses in ascending order")
        if any(e == -1.0 for e in self.exponents):
            raise ValueError("an exponent of exactly -1 is not supported; write -1.0001")
        return self


class Component(_Prior):
    """One stellar component of the Galaxy: its share at the Sun, its metallicities, ages and density.

    The metallicities are Gaussian, the ages exponential between two limits (uniform at rate 0); both integrate to 1.
    The density is 1 at the Sun.
    """

    name: Name
    fraction: float = Field(default=1.0, gt=0)
    """Number of its stars at the Sun, relative to the other components."""
    mh_mean: float = 0.0
    """Mean [M/H], dex."""
    mh_sigma: float = Field(default=0.2, gt=0)
    """Dispersion of [M/H], dex."""
    age_min: float = Field(default=0.0, ge=0)
    """Youngest age, Gyr."""
    age_max: float = Field(default=10.0, gt=0)
    """Oldest age, Gyr."""
    age_rate: float = 0.0
    """p(age) grows as exp(age_rate age / Gyr)."""
    shape: Literal["disc", "halo"] = "disc"
    """``disc``: exp(-(R - R0) / length - (\\|z\\| - \\|z0\\|) / height); ``halo``: a power law of the Galactocentric
    radius."""
    length: float = Field(default=2.6, gt=0)
    """Scale length of a disc, kpc."""
    height: float = Field(default=0.3, gt=0)
    """Scale height of a disc, kpc."""
    slope: float = -3.39
    """Exponent of a halo's density with radius."""
    core: float = Field(default=0.5, ge=0)
    """Core radius of a halo, kpc, so that its centre is finite."""

    @model_validator(mode="after")
    def _consistent(self) -> Component:
        if not self.age_min < self.age_max:
            raise ValueError(
                f"component {self.name}: age_min {self.age_min:g} is not below age_max {self.age_max:g} Gyr"
            )
        return self


BINNEY_2014: tuple[Component, ...] = (
    Component(name="thin", fraction=1.0, mh_mean=0.0, mh_sigma=0.2, age_max=10.0, age_rate=0.119),
    Component(
        name="thick", fraction=0.15, mh_mean=-0.6, mh_sigma=0.5, age_min=8.0, age_max=12.0, length=3.6, height=0.9
    ),
    Component(
        name="halo", fraction=0.005, mh_mean=-1.6, mh_sigma=0.5, age_min=10.0, age_max=13.7, shape="halo", slope=-3.39
    ),
)
"""Thin disc, thick disc and halo of Burnett & Binney (2010, section 2.3.2), used by Binney et al. (2014) and
Wang J. et al. (2023)."""


AV_PER_UNIT = {"sfd": 2.742, "disc": 2.742, "bayestar19": 2.752, "av": 1.0}
"""Scale of a dust map → A_V of one unit of it. ``sfd``: Schlafly & Finkbeiner (2011, ApJ 737, 103, table 6).
``disc``: the analytic `dust_3d` of the plugin surveys, by its definition. ``bayestar19``: that which gives the map's
own A_J (Green et al. 2019, ApJ 887, 93, table 1) where A_J = 0.288 A_V, 0.7927 / 0.288."""


class DustPrior(_Prior):
    """What is known of the extinction before a star is looked at.

    ``lognormal``: ln A_V is Gaussian about the logarithm of the mean extinction to the star's distance (`profile`);
    ``uniform``: A_V is anything between 0 and `av_max`, whatever the distance.
    """

    kind: Literal["lognormal", "uniform"] = "lognormal"
    profile: Literal["sharma2011", "dust_3d"] = "sharma2011"
    """Mean extinction along the line of sight. ``sharma2011``: the analytic disc of Sharma et al. (2011), brought to
    the product `reddening_map` at infinity. ``dust_3d``: the product of that name."""
    av_per_unit: dict[str, PositiveFloat] = Field(default=AV_PER_UNIT, validate_default=True)
    """A_V of one unit of a dust map, for each `scale` that `dust_3d` and `reddening_map` state; a map that states none
    is on the scale ``sfd``. What is given here is added to the scales known. On the scale ``sfd`` a `reddening_map`
    gives A_V at infinity with the correction of high values, 3.1 f E(B-V) (Sharma et al. 2011), instead."""
    dispersion: float = Field(default=2.0**0.5, gt=0.1)
    """Standard deviation of ln A_V (Binney et al. 2014, section 2.4; Wang J. et al. 2023)."""
    av_floor: float = Field(default=0.01, gt=0)
    """The mean extinction is at least this, mag, so that no star is declared free of dust."""
    local_av: float = Field(default=1.0, gt=0)
    """A_V per kpc in the plane near the Sun, for stars that `reddening_map` says nothing about (a round number, ours);
    such stars are flagged."""
    av_max: float = Field(default=6.0, gt=0)
    """Largest A_V considered, mag."""

    @field_validator("av_per_unit", mode="after")
    @classmethod
    def _with_known(cls, value: dict[str, float]) -> dict[str, float]:
        return AV_PER_UNIT | value
