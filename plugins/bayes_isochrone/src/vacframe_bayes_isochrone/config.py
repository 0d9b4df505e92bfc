"""Configuration of the plugin; the defaults are those of Wang J. et al. (2023) and of what it cites."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vacframe import check_expression
from vacframe_bayes_isochrone.priors import BINNEY_2014, Component, DustPrior, Name, PowerLawImf


class Band(BaseModel):
    """A photometric band: its absolute magnitude in `isochrones` is ``mag_<name>``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    """Column of the magnitude in `isochrone_observables`; its error is ``<name>_error``."""
    extinction: float = Field(ge=0)
    """A_band / A_V."""


TWO_MASS: tuple[Band, ...] = (
    Band(name="j", extinction=0.288),
    Band(name="h", extinction=0.178),
    Band(name="ks", extinction=0.117),
)
"""A_J, A_H, A_Ks of Cardelli, Clayton & Mathis (1989) for R_V = 3.1, as Wang J. et al. (2016) give them."""


class Segment(BaseModel):
    """A stretch of evolution in which isochrones are interpolated at equal fractions of its path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phases: tuple[int, ...] = Field(min_length=1)
    """Values of `phase` in `isochrones` that belong to it."""
    points: int = Field(ge=2)
    """Model points on it, equally spaced along the path in (log Teff, log g)."""


SEGMENTS: tuple[Segment, ...] = (
    Segment(phases=(1,), points=80),
    Segment(phases=(2,), points=50),
    Segment(phases=(3,), points=110),
    Segment(phases=(4, 5, 6), points=60),
    Segment(phases=(7,), points=30),
)
"""Main sequence, subgiant branch, red giant branch, core helium burning, early asymptotic giant branch."""


class LabelColumns(BaseModel):
    """Which columns of the product `labels` hold what; the defaults are those of `lamost_stars`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    teff: Name = "teff"
    teff_error: Name = "teff_error"
    logg: Name = "logg"
    logg_error: Name = "logg_error"
    feh: Name = "feh"
    feh_error: Name = "feh_error"
    quality: Name | None = "snr_g"
    """Of several rows of one star that with the largest value here counts; None takes the one with the smallest key."""

    def names(self) -> dict[str, str]:
        """Return observable → column, the quality excluded."""
        return {k: v for k, v in self.model_dump().items() if k != "quality"}


class BayesIsochroneConfig(BaseModel):
    """The table ``[plugins.bayes_isochrone]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mh_min: float = -2.2
    """First metallicity of the grid, dex (section 2 of the paper)."""
    mh_max: float = 0.5
    """Last metallicity, dex; where `isochrones` stops short of it, so does the grid, and its metadata say so."""
    mh_step: float = Field(default=0.05, gt=0)
    """Step in metallicity, dex."""
    age_min: float = Field(default=0.05, gt=0)
    """Youngest age of the grid, Gyr (the paper gives none)."""
    age_max: float = 13.2
    """Oldest age, Gyr (section 3.4: the cut of the Padova isochrones)."""
    age_step: float = Field(default=0.25, gt=0)
    """Step in age above `age_turn`, Gyr."""
    age_turn: float = Field(default=2.0, gt=0)
    """Below this age, Gyr, the steps are equal in log age, and as large as `age_step` there."""
    segments: tuple[Segment, ...] = Field(default=SEGMENTS, min_length=1)
    """Stretches of evolution and their model points; phases not named are left out."""
    teff_bins: int = Field(default=50, ge=1)
    """Bins of temperature, with equal numbers of points, into which each metallicity is sorted."""

    labels: Name = "lamost_stars"
    """Product with Teff, log g and [Fe/H] (section 2: LASP's)."""
    labels_key: Literal["obsid", "source_id"] = "obsid"
    """Its key; with obsid the product `crossmatch` says which Gaia source a row belongs to."""
    label_columns: LabelColumns = LabelColumns()
    """Its columns."""
    parallax: Literal["gaia_parallax_l21", "gaia_parallax_spatial", "gaia_sources"] = "gaia_parallax_l21"
    """Product with the parallaxes (section 2: corrected after Lindegren et al. 2021)."""
    bands: tuple[Band, ...] = Field(default=TWO_MASS, min_length=1, max_length=8)
    """Magnitudes that are fitted."""
    imf: PowerLawImf = PowerLawImf()
    """Initial mass function."""
    prior: Literal["binney2014", "flat"] = "binney2014"
    """``binney2014``: the Galactic components below and the lognormal dust prior. ``flat``: flat in age, metallicity
    and space density but for the volume element and the mass function, and `flat_dust`."""
    components: tuple[Component, ...] = Field(default=BINNEY_2014, min_length=1, max_length=3)
    """Components of the Galaxy under ``prior = "binney2014"``."""
    dust: DustPrior = DustPrior()
    """Dust prior under ``prior = "binney2014"``."""
    flat_dust: DustPrior = DustPrior(kind="uniform")
    """Dust prior under ``prior = "flat"``."""
    r_sun: float = Field(default=8.33, gt=0)
    """Distance of the Sun from the Galactic centre, kpc (Binney et al. 2014)."""
    z_sun: float = 0.014
    """Height of the Sun above the plane, kpc (Binney et al. 2014)."""

    window: float = Field(default=6.0, ge=3.0)
    """Model points farther than this many standard deviations in [M/H], Teff and log g together do not count: an
    ellipsoid, which at 6 holds fewer points than a box of 5 in each, and no part of whose surface is nearer."""
    percentiles: bool = True
    """Whether `bayes_isochrone` holds the 16th, 50th and 84th percentiles beside mean and standard deviation."""
    error_floors: dict[Literal["teff", "logg", "feh", "magnitude", "parallax"], float] = Field(default_factory=dict)
    """Errors are at least these (K, dex, dex, mag, mas); empty takes them as they are."""
    samples: int = Field(default=500, ge=1)
    """Draws for each star of `posterior_samples`."""
    samples_where: str = ""
    """Which stars get posterior samples: an expression on the columns of `isochrone_observables`; empty is all."""
    giant_logg: float = 3.9
    """Mass and age are flagged at larger log g (section 3.3)."""
    subgiant_logg: float = 3.4
    """Stars between this log g and `giant_logg` are the subgiants of `isochrone_uncertainties` (figure A1)."""
    snr_edges: tuple[float, ...] = (5, 10, 15, 25, 35, 45, 55, 75, 105, 155, 405)
    """Edges of its bins of S/N, the `quality` of the labels (ours; the paper's bins are not given)."""
    cluster_outliers: float = Field(default=0.1, gt=0, lt=1)
    """Share of the members of a cluster whose age is taken to say nothing of the cluster's (ours)."""
    edge_fraction: float = Field(default=0.05, gt=0, lt=1)
    """A posterior with more than this share in the first or last age or metallicity of the grid is flagged."""
    poor_fit: float = Field(default=4.0, gt=0)
    """A fit is flagged as poor where the best chi2 exceeds n + poor_fit * sqrt(2 n), n the number of observables."""

    @model_validator(mode="after")
    def _consistent(self) -> BayesIsochroneConfig:
        if not self.mh_min < self.mh_max:
            raise ValueError(f"mh_min {self.mh_min} is not below mh_max {self.mh_max}")
        if len(self.snr_edges) < 2 or list(self.snr_edges) != sorted(set(self.snr_edges)):
            raise ValueError("snr_edges are at least two values of S/N, ascending")
        if self.samples_where:
            check_expression(self.samples_where, what="samples_where")
        if not self.age_min < self.age_turn < self.age_max:
            raise ValueError("ages need age_min < age_turn < age_max")
        for component in self.components:
            if component.age_min >= self.age_max or component.age_max <= self.age_min:
                raise ValueError(
                    f"component {component.name} has ages {component.age_min:g} to {component.age_max:g} Gyr, none of "
                    f"which is among the {self.age_min:g} to {self.age_max:g} Gyr of the grid"
                )
        for kind, names in (
            ("bands", [b.name for b in self.bands]), ("components", [c.name for c in self.components])
        ):  # fmt: skip
            repeated = {n for n in names if names.count(n) > 1}
            if repeated:
                raise ValueError(f"{kind} names {', '.join(sorted(repeated))} twice")
        return self

    @property
    def chosen_dust(self) -> DustPrior:
        """The dust prior that goes with `prior`."""
        return self.flat_dust if self.prior == "flat" else self.dust

    @property
    def band_names(self) -> tuple[str, ...]:
        """Names of the bands."""
        return tuple(b.name for b in self.bands)

    @property
    def chosen_components(self) -> tuple[Component | None, ...]:
        """The components of the prior; one None stands for the flat prior."""
        return (None,) if self.prior == "flat" else self.components

    @property
    def component_names(self) -> tuple[str, ...]:
        """Names of the prior's components, none for the flat prior."""
        return () if self.prior == "flat" else tuple(c.name for c in self.components)

    @property
    def age_nodes(self) -> tuple[float, ...]:
        """Ages of the grid, Gyr, ascending: equal steps in log age up to `age_turn`, then equal steps in age."""
        span = self.age_max - (self.age_turn - 0.5 * self.age_step)
        old = [self.age_max - i * self.age_step for i in range(math.ceil(span / self.age_step))][::-1]
        step = self.age_step / self.age_turn
        last = math.log(old[0]) - step
        count = max(math.ceil((last - (math.log(self.age_min) - 0.5 * step)) / step), 0)
        return (*[math.exp(last - i * step) for i in range(count)][::-1], *old)
