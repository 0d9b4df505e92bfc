"""Columns that several products share; many depend on the configuration, one per label and training set.

What the networks give is named as in the paper's catalogue, ``err_teff_lasp`` and ``flag_teff_lasp`` beside
``teff_lasp``; the other columns follow vacframe's style, ``distance_error`` beside ``distance``.
"""

from __future__ import annotations

import vacframe as vf
from vacframe import names_in
from vacframe.schemas.lamost import LAMOST_SPECTRA
from vacframe.schemas.models import CROSSMATCH
from vacframe.schemas.parts import measured
from vacframe_nn_labels.bands import LABELS, Band, magnitude_ucd
from vacframe_nn_labels.config import NnLabelsConfig, TrainingSet
from vacframe_nn_labels.pixels import pixel_count

SPECTRUM_COLUMNS = ("snr_g", "z")
"""Columns of the spectrum that expressions may name; every other name is a column of the label table."""

NOT_IN_SET, TRAINING, TEST = 0, 1, 2
"""Values of ``split_<set>``."""

PAIRED_BY = {"teff": "K", "logg": "dex", "feh": "dex"}
"""What stars are paired by, with units."""

EBV = measured("ebv", "Reddening E(B-V) by star pairs, SFD scale; may be negative", unit="mag", ucd="phot.color.excess")

COUNT_COLUMNS = (
    vf.column("training_set", "string", "Name of the training set", ucd="meta.id", nullable=False),
    vf.column("spectra", "int64", "Normalised spectra", ucd="meta.number", nullable=False),
    vf.column("label_rows", "int64", "Rows of the label table", ucd="meta.number", nullable=False),
    vf.column("labelled", "int64", "Spectra with a row in the label table", ucd="meta.number", nullable=False),
    vf.column("chosen", "int64", "Of these, those that fulfil where", ucd="meta.number", nullable=False),
    vf.column("complete", "int64", "Of these, those with every label", ucd="meta.number", nullable=False),
    vf.column("training", "int64", "Of these, those used for training", ucd="meta.number", nullable=False),
    vf.column("test", "int64", "Of these, those kept for the test", ucd="meta.number", nullable=False),
    vf.column("too_few", "bool", "Fewer for training than minimum_stars", ucd="meta.code", nullable=False),
)
"""Columns of `nn_training_counts`."""

_KNOWN = {
    "teff": ("Effective temperature", "K", "phys.temperature.effective"),
    "logg": ("Surface gravity, log10 of cm s-2", "dex", "phys.gravity"),
    "feh": ("Iron abundance [Fe/H]", "dex", "phys.abund.Fe"),
    "mh": ("Metallicity [M/H]", "dex", "phys.abund.Z"),
    "alpha_m": ("Abundance of the alpha elements [alpha/M]", "dex", "phys.abund"),
    "c_fe": ("Carbon abundance [C/Fe]", "dex", "phys.abund"),
    "n_fe": ("Nitrogen abundance [N/Fe]", "dex", "phys.abund"),
}


def label_column(label: str, training_set: str, origin: str) -> vf.Column:
    """Return the column ``<label>_<set>``; `origin` ends its description."""
    meaning, unit, ucd = _KNOWN.get(label, (f"Label {label}", None, None))
    if label in LABELS:
        meaning, unit, ucd = f"Absolute magnitude in {LABELS[label]}", "mag", magnitude_ucd(LABELS[label])
    return vf.column(f"{label}_{training_set}", "float32", f"{meaning}, {origin}", unit=unit, ucd=ucd)


def error_column(label: str, training_set: str) -> vf.Column:
    """Return the column ``err_<label>_<set>``."""
    value = label_column(label, training_set, "")
    ucd = f"stat.error;{value.ucd}" if value.ucd else "stat.error"
    text = f"Error (1 sigma) of {value.name}"
    return vf.column(f"err_{value.name}", "float32", text, unit=value.unit, ucd=ucd, minimum=0.0)


def flag_column(label: str, training_set: str) -> vf.Column:
    """Return the column ``flag_<label>_<set>``."""
    name = f"{label}_{training_set}"
    text = f"1 where {name} lies outside the training grid or is missing, else 0"
    return vf.column(f"flag_{name}", "int8", text, ucd="meta.code.qual", nullable=False, minimum=0, maximum=1)


def split_column(training_set: str) -> vf.Column:
    """Return the column ``split_<set>``."""
    text = f"Part of the star in training set {training_set}: 0 none, 1 training, 2 test"
    return vf.column(f"split_{training_set}", "int8", text, ucd="meta.code", nullable=False, minimum=0, maximum=2)


def star_column(training_set: str) -> vf.Column:
    """Return the column ``star_<set>`` of a set whose labels are keyed by source_id."""
    text = f"Gaia source of the spectrum, by which labels of training set {training_set} were found; -1 where none is"
    return vf.column(f"star_{training_set}", "int64", text, ucd="meta.id", nullable=False)


def identity() -> tuple[vf.Column, ...]:
    """Return the columns obsid, ra, dec and snr_g."""
    return tuple(LAMOST_SPECTRA[name] for name in ("obsid", "ra", "dec", "snr_g"))


def source_column() -> vf.Column:
    """Return the column source_id of a table of spectra."""
    return CROSSMATCH["source_id"]


def spectrum_columns(config: NnLabelsConfig) -> tuple[vf.Column, vf.Column]:
    """Return the columns flux and ivar of a normalised spectrum; its length follows from the windows."""
    length = pixel_count(config.windows)
    return (
        vf.column(
            "flux",
            "float32",
            "Flux over pseudo-continuum; bad pixels are interpolated, 1 outside the good ones",
            length=length,
            ucd="phot.flux.density;em.wl",
        ),
        vf.column(
            "ivar",
            "float32",
            "Inverse variance of the normalised flux; 0 at bad pixels",
            length=length,
            ucd="stat.weight",
        ),
    )


def estimate_columns(config: NnLabelsConfig) -> tuple[vf.Column, ...]:
    """Return the columns of `nn_estimates`; source_id is one where reddening is made, which needs photometry."""
    columns = [*identity()]
    if config.pair_labels is not None:
        columns.append(source_column())
    for chosen in config.training_sets:
        for label in chosen.label_columns:
            columns.append(label_column(label, chosen.name, f"estimated by the networks of set {chosen.name}"))
            columns.append(error_column(label, chosen.name))
            columns.append(flag_column(label, chosen.name))
        columns.append(split_column(chosen.name))
    return tuple(columns)


def colour_name(colour: tuple[Band, Band]) -> str:
    """Return the column of a colour."""
    return f"colour_{colour[0]}_{colour[1]}"


def pair_label_columns(config: NnLabelsConfig) -> list[vf.Column]:
    """Return the columns of `nn_estimates` that stars are paired by, with the units that they have to have."""
    columns = zip(config.pair_labels or (), PAIRED_BY.values(), strict=False)
    return [vf.column(name, "float32", unit=unit) for name, unit in columns]


def label_keys(config: NnLabelsConfig) -> dict[str, str]:
    """Return the key of each label product of the configuration."""
    return {chosen.labels: chosen.key for chosen in config.training_sets}


def read_columns(config: NnLabelsConfig) -> dict[str, tuple[vf.Column | str, ...]]:
    """Return, for each label product of the configuration, the columns that are read of it.

    A label whose unit is known states it, so that a table in another unit is refused when planning.
    """
    read: dict[str, dict[str, vf.Column | str]] = {}
    for chosen in config.training_sets:
        names = (chosen.key, *chosen.label_columns, *named(chosen))
        read.setdefault(chosen.labels, {}).update({n: _stated(n) for n in names})
    return {product: tuple(columns.values()) for product, columns in read.items()}


def _stated(name: str) -> vf.Column | str:
    unit = label_column(name, "", "").unit
    return name if unit is None else vf.column(name, "float32", unit=unit)


def named(chosen: TrainingSet) -> list[str]:
    """Return the columns of the label table that the expressions of a training set name."""
    expressions = [e for e in (chosen.where, chosen.report_where) if e]
    return [n for e in expressions for n in names_in(e) if n not in SPECTRUM_COLUMNS]
