"""The best spectrum of each star."""

from __future__ import annotations

import numpy as np

from vacframe import Batch


def best_spectra(spectra: Batch) -> np.ndarray:
    """Return the row of each star's spectrum with the highest snr_g, the smaller obsid of equals; by source_id.

    Parameters
    ----------
    spectra : Batch
        obsid, source_id and snr_g (missing: below all others).

    Returns
    -------
    ndarray of int64, shape (number of stars,)
    """
    snr = np.nan_to_num(spectra["snr_g"].astype(np.float64), nan=-np.inf)
    order = np.lexsort((spectra["obsid"], -snr, spectra["source_id"]))
    source_id = spectra["source_id"][order]
    first = np.append(True, source_id[1:] != source_id[:-1])[: len(order)]
    return order[first]
