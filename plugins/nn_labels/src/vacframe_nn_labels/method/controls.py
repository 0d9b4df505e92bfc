"""The control stars of the star-pair method (Yuan et al. 2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import Inputs, Result
from vacframe.astro.galactic import galactic
from vacframe.astro.reddening_map import reddening_at
from vacframe_nn_labels.columns import PAIRED_BY, colour_name
from vacframe_nn_labels.method.colours import read_colours, reddening_coefficients

if TYPE_CHECKING:
    from vacframe_nn_labels.photometric_options import StarPairs


def choose_controls(inputs: Inputs, names: tuple[str, str, str], options: StarPairs) -> Result:
    """Return the rows of `star_pair_controls`: the stars that pass every cut, with at least one colour.

    Parameters
    ----------
    inputs : Inputs
        `nn_estimates`, `gaia_sources`, `photometry` and `reddening_map`.
    names : tuple of str
        The columns that stars are paired by: effective temperature, log g, [Fe/H].
    options : StarPairs
        Colours and cuts.
    """
    stars = inputs["nn_estimates"]
    longitude, latitude = galactic(stars["ra"], stars["dec"])
    ebv = reddening_at(inputs["reddening_map"], longitude, latitude)
    chosen = ~stars.mask("source_id") & (stars["snr_g"] >= options.minimum_snr)
    chosen &= (np.abs(latitude) >= options.minimum_latitude) & (ebv < options.maximum_ebv)
    for name in names:
        chosen &= np.isfinite(stars[name]) & (stars[f"flag_{name}"] == 0)
    rows = np.flatnonzero(chosen)
    colours, errors = read_colours(inputs, stars["source_id"][rows], options.colours)
    known = errors < options.maximum_colour_error
    colours = np.where(known, colours - ebv[rows, None] * reddening_coefficients(options.colours), np.nan)
    kept = known.any(axis=1)
    rows = rows[kept]
    table: dict[str, Any] = {n: stars[n][rows] for n in ("obsid", "ra", "dec", "source_id", "snr_g")}
    table |= {label: stars[name][rows] for label, name in zip(PAIRED_BY, names, strict=True)}
    for number, colour in enumerate(options.colours):
        name = colour_name(colour)
        table[name] = colours[kept, number].astype(np.float32)
        table[f"{name}_error"] = np.where(known[kept, number], errors[kept, number], np.nan).astype(np.float32)
    return Result(table, counts={"spectra": len(stars), "controls": len(rows)})
