"""What the catalogue has beyond the networks' estimates: best spectra, reddening, distances and positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import Batch, Inputs
from vacframe.astro.extinction import coefficient
from vacframe.astro.galactocentric import galactocentric
from vacframe_nn_labels.method.best_spectra import best_spectra
from vacframe_nn_labels.method.magnitudes import MODULUS_PER_LN, read_magnitudes

if TYPE_CHECKING:
    from vacframe_nn_labels.config import NnLabelsConfig
    from vacframe_nn_labels.photometric_options import Distances


def complete_catalogue(inputs: Inputs, config: NnLabelsConfig) -> dict[str, Any]:
    """Return the columns of `nn_labels`.

    Parameters
    ----------
    inputs : Inputs
        `nn_estimates`; `star_pair_extinction` where reddening is made; `photometry` where distances are.
    config : NnLabelsConfig
    """
    stars = inputs["nn_estimates"]
    table: dict[str, Any] = {name: stars.arrow[name] for name in stars.columns}
    if config.pair_labels is None:
        return table
    extinction = inputs["star_pair_extinction"]
    for name in ("ebv", "ebv_error"):
        table[name] = extinction.at(name, "obsid", stars["obsid"]).astype(np.float32)
    table["uqflag"] = unique_flag(stars, extinction)
    if config.distance_magnitude is not None:
        reddening = table["ebv"], table["ebv_error"]
        table |= distances(stars, *reddening, inputs, config.distance_magnitude, config.distances)
    return table


def unique_flag(stars: Batch, all_spectra: Batch) -> np.ndarray:
    """Return 1 for the best spectrum of a star and where the star is not known, else 0; int8, shape (n,).

    Parameters
    ----------
    stars : Batch
        obsid and source_id (null: the spectrum counts as the only one of its star) of n spectra.
    all_spectra : Batch
        obsid, source_id and snr_g of every spectrum of the same stars.
    """
    best = all_spectra["obsid"][best_spectra(all_spectra)]
    return (np.isin(stars["obsid"], best) | stars.mask("source_id")).astype(np.int8)


def distances(
    stars: Batch,
    ebv: np.ndarray,
    ebv_error: np.ndarray,
    inputs: Mapping[str, Batch],
    magnitude: str,
    options: Distances,
) -> dict[str, np.ndarray]:
    """Return distances by the distance modulus in Ks, and the positions that follow, with errors (section 6).

    d = 10^((Ks - A_Ks - M_Ks + 5) / 5) pc; the errors of the three terms are independent.

    Parameters
    ----------
    stars : Batch
        Rows of `nn_estimates`, n of them.
    ebv, ebv_error : ndarray of float32, shape (n,)
        mag.
    inputs : mapping
        `photometry`.
    magnitude : str
        Column of `nn_estimates` with M_Ks.
    options : Distances
        Where the Sun is.
    """
    source_id = np.where(stars.mask("source_id"), -1, stars["source_id"])
    apparent, apparent_error = (v[:, 0] for v in read_magnitudes(inputs, source_id, ["ks"]))
    reddening = coefficient("ks")
    distance = 10.0 ** (0.2 * (apparent - reddening * ebv - stars[magnitude]) - 2.0)
    modulus_error = np.sqrt(apparent_error**2 + (reddening * ebv_error) ** 2 + stars[f"err_{magnitude}"] ** 2)
    error = distance * modulus_error / MODULUS_PER_LN
    flag = (stars[f"flag_{magnitude}"] != 0) | ~np.isfinite(distance)
    table = {"distance": distance, "distance_error": error}
    position, direction = galactocentric(stars["ra"], stars["dec"], distance, options.r_sun, options.z_sun)
    for axis, value, along in zip("xyz", position, direction, strict=True):
        table |= {axis: value, f"{axis}_error": np.abs(along) * error}
    return {n: v.astype(np.float32) for n, v in table.items()} | {"flag_distance": flag.astype(np.int8)}
