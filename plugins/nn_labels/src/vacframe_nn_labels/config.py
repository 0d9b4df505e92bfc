"""Configuration of the plugin; the defaults are those of Wang et al. (2022)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vacframe import check_expression
from vacframe.ml.options import TrainingOptions
from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe_nn_labels.photometric_options import AbsoluteMagnitudes, Distances, StarPairs

Interval = tuple[float, float]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

GRID_LIMITS: Interval = (10**LOGLAM_FIRST, 10 ** (LOGLAM_FIRST + (LAMOST_PIXELS - 1) * LOGLAM_STEP))
"""First and last wavelength of the survey's grid, Å in vacuum."""


def _repeated(names: Iterable[str]) -> str:
    return ", ".join(repr(n) for n, times in Counter(names).items() if times > 1)


def _check_windows(windows: tuple[Interval, ...], where: str) -> None:
    """Raise unless the windows ascend, do not overlap and lie on the survey's grid."""
    first, last = GRID_LIMITS
    previous = first
    for low, high in windows:
        if not low < high:
            raise ValueError(f"{where}window {low:g}-{high:g} Å is not ascending")
        if low < first or high > last:
            raise ValueError(f"{where}window {low:g}-{high:g} Å leaves the spectra's {first:.0f}-{last:.0f} Å")
        if low < previous:
            raise ValueError(f"{where}window {low:g}-{high:g} Å overlaps or precedes the one before it")
        previous = high


class Refit(BaseModel):
    """Stars left out of a second training after what a first one says of them: section 3.3."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Name = "m_g"
    """The label that stars are judged by, an absolute magnitude."""
    sigma: float = Field(default=1.5, gt=0.0)
    """A star whose label lies further than this many (robust) standard deviations from the estimate is left out,"""
    keep_above: float = 6.5
    """unless its label lies above this."""
    brighter: float = Field(default=0.3, gt=0.0)
    """A star brighter than its spectrum says by more than this, mag, is a likely binary and left out in any case
    (ours; the paper gives no number)."""


class TrainingSet(TrainingOptions):
    """Stars with reference labels, and how networks are trained on them.

    One network per label; the labels of one set share the stars, the standardisation and the split. The options of
    training (layers, epochs, ...) are those of `vacframe.ml.options.TrainingOptions`.
    """

    name: Name
    """Names the output columns: ``<label>_<name>``."""
    labels: Name = "reference_labels"
    """Product with the reference labels."""
    key: Literal["obsid", "source_id"] = "obsid"
    """Its column that says which star a row is; with source_id the product `crossmatch` is needed."""
    label_columns: tuple[Name, ...] = Field(min_length=1)
    """Its columns to learn."""
    where: str = ""
    """Expression that the stars of the set fulfil, on `snr_g` and `z` of the spectrum and any other column of the
    label table; empty takes all of them."""
    windows: tuple[Interval, ...] | None = None
    """Only these wavelengths enter, Å (vacuum, rest frame), within the plugin's `windows`; None is all of them."""
    test_fraction: float = Field(default=0.3, ge=0.0, lt=1.0)
    """Fraction of the stars kept from training, chosen by a hash of the key."""
    validation_fraction: float = Field(default=0.15, gt=0.0, lt=1.0)
    """Fraction of the training stars that decide when to stop, chosen by another hash of the key."""
    minimum_stars: int = Field(default=50, ge=2)
    """Fewer training stars than this is an error."""
    refit: Refit | None = None
    """Train twice, the second time without stars that do not fit; None trains once."""
    ranges: dict[str, Interval] = Field(default_factory=dict)
    """Label → (smallest, largest) value of the training grid; a label not named takes the training stars' own."""
    report_where: str = ""
    """Expression on the test stars that the report also judges by themselves; empty judges all of them only."""

    @model_validator(mode="after")
    def _consistent(self) -> TrainingSet:
        repeated = _repeated(self.label_columns)
        if repeated:
            raise ValueError(f"training set {self.name!r}: label_columns names {repeated} twice")
        unknown = sorted(set(self.ranges) - set(self.label_columns))
        if unknown:
            known = ", ".join(self.label_columns)
            raise ValueError(f"training set {self.name!r}: ranges names {', '.join(unknown)}; its labels are {known}")
        if self.refit is not None and self.refit.label not in self.label_columns:
            known = ", ".join(self.label_columns)
            raise ValueError(f"training set {self.name!r}: refit names {self.refit.label}; its labels are {known}")
        for label, (low, high) in self.ranges.items():
            if not low < high:
                raise ValueError(f"training set {self.name!r}: range of {label} is {low} to {high}, not ascending")
        for expression in filter(None, (self.where, self.report_where)):
            check_expression(expression, what=f"where of training set {self.name!r}")
        if self.windows is not None:
            _check_windows(self.windows, f"training set {self.name!r}: ")
        return self


PASTEL = TrainingSet(
    name="pastel",
    labels="pastel_labels",
    key="source_id",
    label_columns=("teff", "logg", "feh"),
    where="snr_g > 50",
    test_fraction=462 / (1281 + 462),
    ranges={"teff": (3500, 10000), "logg": (0, 5), "feh": (-3.8, 0.5)},
)
"""LAMOST–PASTEL: section 3.1; ranges of Table 1."""

APOGEE = TrainingSet(
    name="apogee",
    labels="apogee_labels",
    key="source_id",
    label_columns=("logg", "feh", "mh", "alpha_m", "c_fe", "n_fe"),
    where=(
        "snr_g > 80 and snr > 70 and aspcapflag % 256 < 128 and aspcapflag % 16777216 < 8388608 and "
        "feh_error < 0.1 and teff_error < 150 and logg_error < 0.15 and alpha_m_error < 0.03 and "
        "c_fe_error < 0.2 and n_fe_error < 0.2"
    ),
    test_fraction=6124 / (8753 + 6124),
    ranges={
        "logg": (0, 5),
        "feh": (-2.3, 0.5),
        "mh": (-2.3, 0.5),
        "alpha_m": (-0.2, 0.4),
        "c_fe": (-0.6, 0.4),
        "n_fe": (-0.3, 0.6),
    },
)
"""LAMOST–APOGEE: section 3.2, bits 7 and 23 of ASPCAPFLAG not set; ranges of Table 1."""

_MAGNITUDE_RANGES: dict[str, Interval] = {
    "m_g": (-2.5, 7.5),
    "m_bp": (-2, 8),
    "m_rp": (-2.5, 7),
    "m_j": (-4, 6),
    "m_h": (-5, 5),
    "m_ks": (-5, 5),
    "m_w1": (-5, 5),
    "m_w2": (-5, 5),
    "m_b": (-1, 8),
    "m_v": (-2, 8),
    "m_r_apass": (-2, 8),
    "m_g_sdss": (-1, 8),
    "m_r_sdss": (-2, 8),
    "m_i_sdss": (-2, 8),
}
PAIR_LABELS = ("teff_pastel", "logg_pastel", "feh_pastel")
"""The columns that stars are paired by, unless named (the paper does not say which it took)."""
DISTANCE_MAGNITUDE = "m_ks_lgmwas"
"""The column that distances are made with, unless named: section 6."""

LGMWAS = TrainingSet(
    name="lgmwas",
    labels="absolute_magnitude_labels",
    key="source_id",
    label_columns=tuple(_MAGNITUDE_RANGES),
    where="snr_g > 100",
    test_fraction=3086 / (6000 + 3086),
    ranges=_MAGNITUDE_RANGES,
    refit=Refit(),
)
"""LAMOST–Gaia–2MASS–WISE–APASS–SDSS, absolute magnitudes: section 3.3; ranges of Table 1."""


class NnLabelsConfig(BaseModel):
    """The table ``[plugins.nn_labels]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    windows: tuple[Interval, ...] = Field(default=((3900.0, 5800.0), (8450.0, 8950.0)), min_length=1)
    """Wavelengths used, Å (vacuum, rest frame); each window is normalised by itself (section 2.2 of the paper)."""
    median_pixels: int = Field(default=21, ge=1)
    """Width of the running median, pixels; odd (section 2.2)."""
    polynomial_degree: int = Field(default=6, ge=0, le=12)
    """Degree of the pseudo-continuum in wavelength (section 2.2)."""
    max_bad_fraction: float = Field(default=0.3, ge=0.0, le=0.5)
    """A spectrum with a larger fraction of bad pixels in any window is rejected (ours; the paper gives none)."""
    training_sets: tuple[TrainingSet, ...] = Field(default=(PASTEL, APOGEE, LGMWAS), min_length=1)
    """In TOML: ``[[plugins.nn_labels.training_sets]]``; giving any replaces the paper's three."""
    absolute_magnitudes: AbsoluteMagnitudes = AbsoluteMagnitudes()
    star_pairs: StarPairs = StarPairs()
    distances: Distances = Distances()
    precision_snr: float = Field(default=50.0, ge=0)
    """`nn_precision` is about spectra with a larger snr_g (section 4.6)."""
    baseline: Literal["", "pca_svr"] = ""
    """A second method that the report trains and judges on the same stars: 50 principal components and support vector
    regression (needs scikit-learn)."""

    @property
    def estimates(self) -> tuple[str, ...]:
        """The columns ``<label>_<set>`` that the networks give."""
        return tuple(f"{label}_{chosen.name}" for chosen in self.training_sets for label in chosen.label_columns)

    @property
    def pair_labels(self) -> tuple[str, str, str] | None:
        """The columns that stars are paired by; None where no reddening is made."""
        named = self.star_pairs.labels
        if named == "off" or (named is None and not set(PAIR_LABELS) <= set(self.estimates)):
            return None
        return named or PAIR_LABELS

    @property
    def distance_magnitude(self) -> str | None:
        """The column of the absolute magnitude that distances are made with; None where none are made."""
        magnitude = self.distances.magnitude or DISTANCE_MAGNITUDE
        return magnitude if self.pair_labels and magnitude in self.estimates else None

    @model_validator(mode="after")
    def _consistent(self) -> NnLabelsConfig:
        if self.median_pixels % 2 == 0:
            raise ValueError(f"median_pixels is {self.median_pixels}: an odd number is needed, to have a middle pixel")
        _check_windows(self.windows, "")
        fewest = max(self.median_pixels, 4 * (self.polynomial_degree + 1))
        for low, high in self.windows:
            size = (high / low - 1) / (LOGLAM_STEP * 2.302585)
            if size < fewest:
                raise ValueError(
                    f"window {low:g}-{high:g} Å has about {size:.0f} pixels; median_pixels={self.median_pixels} "
                    f"and polynomial_degree={self.polynomial_degree} need at least {fewest}"
                )
        repeated = _repeated(s.name for s in self.training_sets)
        if repeated:
            raise ValueError(f"training sets need different names; {repeated} is used twice")
        keys = {(s.labels, s.key) for s in self.training_sets}
        if twice := _repeated(labels for labels, _ in keys):
            raise ValueError(f"the training sets of {twice} name different keys; one of obsid and source_id is needed")
        self._check_catalogue()
        for chosen in self.training_sets:
            for low, high in chosen.windows or ():
                if not any(a <= low and high <= b for a, b in self.windows):
                    spans = ", ".join(f"{a:g}-{b:g}" for a, b in self.windows)
                    raise ValueError(
                        f"training set {chosen.name!r}: window {low:g}-{high:g} Å does not lie within one of the "
                        f"plugin's windows ({spans} Å)"
                    )
        return self

    def _check_catalogue(self) -> None:
        """Raise where star_pairs or distances name a column that no training set gives."""
        pairs, magnitude = self.star_pairs.labels, self.distances.magnitude
        missing = [n for n in pairs or () if pairs != "off" and n not in self.estimates]
        if missing:
            raise ValueError(f"star_pairs.labels names {', '.join(missing)}; the sets give {', '.join(self.estimates)}")
        if magnitude is not None and magnitude not in self.estimates:
            raise ValueError(f"distances.magnitude names {magnitude}; the sets give {', '.join(self.estimates)}")
        if magnitude is not None and self.pair_labels is None:
            raise ValueError("distances.magnitude is named, but distances need reddening: name star_pairs.labels too")
