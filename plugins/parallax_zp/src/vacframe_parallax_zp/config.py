"""Configuration of the plugin; the defaults are those of Wang, Yuan & Huang (2021)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _off(value: Any) -> Any:
    """Return None for ``"off"``, since TOML has no null."""
    return None if value == "off" else value


Interval = tuple[float, float]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
OptionalName = Annotated[Name | None, BeforeValidator(_off)]
Limit = Annotated[float | None, BeforeValidator(_off)]
Circularity = Literal["independent", "training", "direct", "unknown"]

_OF_STARS = {"key": "source_id", "labels": "nn_labels", "circularity": "direct"}
KNOWN_PRODUCTS: dict[str, dict[str, str]] = {
    "nn_labels": {"circularity": "training"},
    "geometric_distances": _OF_STARS | {"column": "r_med_geo", "unit": "pc"},
    "bayes_isochrone": _OF_STARS | {"error": "distance_error"},
}
"""Options of `Distances` that follow from the product, where they are not given."""

CIRCULARITY = {
    "independent": "independent of Gaia parallaxes",
    "training": "from a relation learned from nearer stars' Gaia parallaxes (mean {:g} mas), so that a part of a zero "
    "point common to all stars is in them",
    "direct": "from each star's own Gaia parallax, so that offsets from them measure the method, not Gaia",
    "unknown": "not stated whether they rest on Gaia parallaxes (distances.circularity)",
}
"""What each circularity means, as words."""


def _ascending(value: Interval) -> Interval:
    if not value[0] < value[1]:
        raise ValueError(f"range {value[0]:g} to {value[1]:g} is not ascending")
    return value


class Distances(BaseModel):
    """Where distances come from: any product with a key, a column and a unit.

    What follows from a known product (`KNOWN_PRODUCTS`) need not be given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: Name = "nn_labels"
    """Product with the distances: `nn_labels`, `geometric_distances`, `bayes_isochrone`, or a user's file named by
    ``[sources.<product>]``."""
    key: Literal["obsid", "source_id"] = "obsid"
    """Its key; with obsid the product `crossmatch` says which Gaia source a spectrum belongs to."""
    column: Name = "distance"
    """Column with the distance, or with the parallax that it amounts to where `unit` is mas."""
    error: OptionalName = None
    """Column with its error, same unit; None or "off" where there is none."""
    unit: Literal["kpc", "pc", "mas"] = "kpc"
    """Unit of the column."""
    labels: OptionalName = None
    """Product with `snr` and `logg`; None or "off" where the product of the distances has them itself."""
    labels_key: Literal["obsid", "source_id"] = "obsid"
    """Key of `labels`."""
    snr: OptionalName = "snr_g"
    """Column with the signal-to-noise ratio of the spectrum; None or "off" applies no such cut."""
    logg: tuple[Name, ...] = ("logg_apogee", "logg_pastel")
    """Columns with log g, the first that is known counts (section 2.1; METHODS 1); an empty list applies no such
    cut."""
    circularity: Circularity = "unknown"
    """Whether the distances rest on the same Gaia parallaxes: ``independent``; ``training``, a relation learned from
    nearer stars' parallaxes; ``direct``, each star's own parallax; ``unknown``."""
    training_parallax: float = Field(default=2.0, gt=0)
    """Mean parallax of the stars the relation was learned from, mas (section 2.2)."""

    @model_validator(mode="before")
    @classmethod
    def _of_known_product(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {**KNOWN_PRODUCTS.get(given.get("product", "nn_labels"), {}), **given}

    @property
    def labels_product(self) -> str | None:
        """The product with S/N and log g; None where neither is asked for."""
        return (self.labels or self.product) if self.snr or self.logg else None

    @property
    def of_spectra(self) -> bool:
        """Whether the rows of the sample are spectra, not stars."""
        others = self.labels_product not in (None, self.product)
        return self.key == "obsid" or (others and self.labels_key == "obsid")

    @property
    def statement(self) -> str:
        """The circularity in words, for the descriptions of columns that rest on the distances."""
        return f"distances of {self.product}: {CIRCULARITY[self.circularity].format(self.training_parallax)}"


class Cuts(BaseModel):
    """The selection of giants, section 2.1; None, written "off" in TOML, turns a cut off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minimum_snr: Limit = 50.0
    maximum_parallax: Limit = 1.5
    """Upper limit (exclusive) of `parallax_cut_on`, mas."""
    parallax_cut_on: Literal["gaia", "giant"] = "gaia"
    """The raw Gaia parallax (the paper does not say; a cut on an observed parallax cuts off one side of its noise) or
    the parallax of the distance. `parallax_zp_global` reports the other choice too."""
    maximum_logg: Limit = 3.8
    maximum_ks_error: Limit = 0.03
    """Upper limit (exclusive) of the error of 2MASS Ks, mag; needs the product `photometry`."""
    maximum_ruwe: Limit = 1.4
    effective_wavenumber: Interval = (1.1, 1.9)
    """Range of nu_eff of five-parameter solutions, 1/um, both ends included."""
    pseudocolour: Interval = (1.24, 1.72)
    """Range of the pseudocolour of six-parameter solutions, 1/um, both ends included."""
    bp_rp: Annotated[Interval | None, BeforeValidator(_off)] = (0.3, 1.65)
    """Range of observed BP-RP, mag, both ends excluded."""

    @model_validator(mode="after")
    def _consistent(self) -> Cuts:
        for interval in (self.effective_wavenumber, self.pseudocolour, self.bp_rp):
            if interval is not None:
                _ascending(interval)
        return self


class GaussianFit(BaseModel):
    """The robust Gaussian fit of a set of offsets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clip: float = Field(default=4.0, ge=1.0, le=10.0)
    """Offsets further than this many sigma from the mean are left out, and their lack is allowed for in sigma (ours;
    the paper fits a Gaussian and does not say how)."""
    iterations: int = Field(default=100, ge=1)
    """Most steps of the fit."""


class Maps(BaseModel):
    """The HEALPix maps, section 3 and Table 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: int = Field(default=5, ge=0, le=10)
    """HEALPix level; 5 is 12,288 pixels of 3.36 square degrees."""
    ordering: Literal["nested", "ring"] = "nested"
    """Numbering of pixels (the paper does not say)."""
    more_than: int = Field(default=50, ge=1)
    """A pixel needs more stars than this."""


class Trends(BaseModel):
    """Offsets against magnitude, colour and ecliptic latitude, section 3 and Figure 5."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minimum_stars: int = Field(default=100, ge=2)
    """Fewest stars of a bin; a bin with fewer is joined with the next."""
    magnitude_width: float = Field(default=0.2, gt=0)
    """Width of the bins in G, mag (ours)."""
    colour_width: float = Field(default=0.01, gt=0)
    """Width of the bins in nu_eff or pseudocolour, 1/um (ours)."""
    latitude_width: float = Field(default=0.1, gt=0)
    """Width of the bins in sin(ecliptic latitude) (ours)."""


class Check(BaseModel):
    """The comparison with second distances, section 2.2 and Figure 3."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: tuple[float, ...] = Field(default=(0.0, 0.15, 0.25, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0, 2.0), min_length=2)
    """Edges of the bins in the second parallax, mas; the paper quotes 0.2, 0.45 and >= 1."""

    @model_validator(mode="after")
    def _consistent(self) -> Check:
        if any(b <= a for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError(f"edges {list(self.edges)} do not ascend")
        return self


class Spatial(BaseModel):
    """The spatially dependent correction of single sources."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    map: Literal["galactic", "equatorial"] = "galactic"
    """Which of the two maps is applied (section 3: one of them)."""
    correction: Literal["corr", "noncorr"] = "corr"
    """``corr``: Lindegren et al. (2021b), then the map of what that leaves; ``noncorr``: the map of the raw offsets
    alone. Never one with the other's map."""
    minimum_neighbours: int = Field(default=3, ge=1, le=8)
    """A pixel without a value takes the weighted mean of its eight neighbours where at least this many have one."""


class ParallaxZpConfig(BaseModel):
    """The table ``[plugins.parallax_zp]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    distances: Distances = Distances()
    second_distances: Distances | None = None
    """Independent distances to check the giants' with (red-clump stars in the paper); key source_id, or obsid where
    the sample is of spectra."""
    cuts: Cuts = Cuts()
    fit: GaussianFit = GaussianFit()
    """Fits of pixels and of bins, where few stars call for the most of them."""
    global_fit: GaussianFit = GaussianFit(clip=2.0)
    """Fits of whole samples (Figure 4, `parallax_zp_global` and `parallax_zp_check`): of so many stars the core is
    enough, and wings that no Gaussian has do not widen it."""
    maps: Maps = Maps()
    trends: Trends = Trends()
    check: Check = Check()
    spatial: Spatial = Spatial()
    bootstraps: int = Field(default=1000, ge=10)
    """Number of bootstrap samples behind the errors of the global offsets."""

    @model_validator(mode="after")
    def _consistent(self) -> ParallaxZpConfig:
        second = self.second_distances
        if second is not None and second.key == "obsid" and not self.distances.of_spectra:
            raise ValueError(
                f"second_distances: product {second.product!r} has key obsid, but the sample is of stars; a key "
                "source_id is needed"
            )
        if second is not None and second.product == self.distances.product:
            raise ValueError(f"second_distances names {second.product!r}, which `distances` names too")
        return self
