"""Reddening of the stars of spectra by the star-pair method (Yuan et al. 2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from vacframe import Batch, Inputs, Result
from vacframe_nn_labels.columns import PAIRED_BY, colour_name
from vacframe_nn_labels.method.best_spectra import best_spectra
from vacframe_nn_labels.method.colours import read_colours, reddening_coefficients
from vacframe_nn_labels.method.star_pairs import Controls, PairLimits, pair_reddening

if TYPE_CHECKING:
    from vacframe_nn_labels.photometric_options import StarPairs


def star_pair_reddening(inputs: Inputs, names: tuple[str, str, str], options: StarPairs) -> Result:
    """Return the rows of `star_pair_extinction`.

    Parameters
    ----------
    inputs : Inputs
        `nn_estimates`, `gaia_sources`, `photometry` and `star_pair_controls`.
    names : tuple of str
        The columns that stars are paired by: effective temperature, log g, [Fe/H].
    options : StarPairs
        Colours, and how far apart the labels of a pair may be.
    """
    stars = inputs["nn_estimates"]
    matched = ~stars.mask("source_id")
    source_id = np.where(matched, stars["source_id"], -1)
    colours, errors = read_colours(inputs, source_id, options.colours)
    labels = np.stack([stars[name] for name in names], axis=1).astype(np.float64)
    limits = PairLimits(options.teff_width, options.logg_width, options.feh_width, options.minimum_pairs)
    controls = Controls.of(*_control_arrays(inputs["star_pair_controls"], options), limits=limits)
    found = pair_reddening(
        labels, source_id, colours, errors, controls, reddening_coefficients(options.colours), limits
    )
    known = np.isfinite(found.ebv)
    table = {
        "snr_g": stars["snr_g"],
        "source_id": pa.array(source_id, mask=~matched),
        "ebv": found.ebv.astype(np.float32),
        "ebv_error": found.error.astype(np.float32),
        "ebv_pairs": found.pairs.astype(np.int32),
        "ebv_colours": found.colours.astype(np.int8),
    }
    return Result(table, counts={"with ebv": int(known.sum()), "without": int((~known).sum())})


def _control_arrays(table: Batch, options: StarPairs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return labels, sources, colours and their errors of the control stars, once each: its best spectrum."""
    best = best_spectra(table)
    names = [colour_name(colour) for colour in options.colours]
    labels, colours, errors = (
        np.stack([table[n][best] for n in columns], axis=1).astype(np.float64)
        for columns in (list(PAIRED_BY), names, [f"{n}_error" for n in names])
    )
    return labels, table["source_id"][best], colours, errors
