"""What stars are paired by, and the columns of their colours."""

from __future__ import annotations

import vacframe as vf
from vacframe_nn_labels.bands import Band
from vacframe_nn_labels.config import NnLabelsConfig

LABELS = {"teff": "K", "logg": "dex", "feh": "dex"}
"""What stars are paired by, with units."""
CONFIG_FIELDS = ("star_pairs", "training_sets")


def colour_name(colour: tuple[Band, Band]) -> str:
    """Return the column of a colour."""
    return f"colour_{colour[0]}_{colour[1]}"


def paired_labels(config: NnLabelsConfig) -> list[vf.Column]:
    """Return the columns of `nn_estimates` that stars are paired by."""
    columns = zip(config.pair_labels or (), LABELS.values(), strict=False)
    return [vf.column(name, "float32", unit=unit) for name, unit in columns]
