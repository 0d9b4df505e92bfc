"""Normalisation of LAMOST spectra and which of them cannot be used: section 2.2 of Wang et al. (2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vacframe import Batch, Rejects, Result
from vacframe.astro.continuum import Normalised, normalise
from vacframe.astro.wavelength import log_grid
from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe_nn_labels.pixels import window_pixels

if TYPE_CHECKING:
    from vacframe_nn_labels.config import NnLabelsConfig


def normalise_rows(spectra: Batch, config: NnLabelsConfig) -> Result:
    """Return `lamost_normalized` for a batch of `lamost_spectra`.

    Parameters
    ----------
    spectra : Batch
        Rows of `lamost_spectra` with obsid, snr_g, z, flux, ivar, mask.
    config : NnLabelsConfig
        Windows, width of the median, degree of the polynomial, largest fraction of bad pixels.

    Returns
    -------
    Result
        Rejects have the reasons ``no_redshift``, ``few_good_pixels`` and ``bad_continuum``.
    """
    keys, redshift = spectra["obsid"], spectra["z"]
    made = normalise(
        spectra["flux"],
        spectra["ivar"],
        spectra["mask"],
        _pixel_shift(redshift),
        log_grid(LOGLAM_FIRST, LOGLAM_STEP, LAMOST_PIXELS),
        window_pixels(config.windows),
        median_pixels=config.median_pixels,
        degree=config.polynomial_degree,
    )
    rejects = Rejects()
    usable = _reject(made, keys, redshift, config, rejects)
    table = {
        "obsid": keys,
        "snr_g": spectra["snr_g"],
        "z": redshift,
        "bad_fraction": made.bad_fraction.max(axis=1).astype(np.float32),
        "flux": made.flux,
        "ivar": made.ivar,
    }
    if not usable.all():
        table = {name: values[usable] for name, values in table.items()}
    return Result(table=table, rejects=rejects)


def _pixel_shift(redshift: np.ndarray) -> np.ndarray:
    """Return the pixels that a redshift moves the spectrum by; NaN where it is missing or not above -1."""
    factor = 1 + redshift.astype(np.float64)
    known = factor > 0
    return np.where(known, np.log10(np.where(known, factor, 1.0)), np.nan) / LOGLAM_STEP


def _reject(
    made: Normalised, keys: np.ndarray, redshift: np.ndarray, config: NnLabelsConfig, rejects: Rejects
) -> np.ndarray:
    """Add the unusable rows to `rejects`, each for its first reason; return which rows are usable."""
    usable = redshift > -1
    rejects.add("no_redshift", "the redshift z is missing or not above -1; it has to be taken out", keys=keys[~usable])
    spans = [f"window {low:g}-{high:g} Å" for low, high in config.windows]
    for window, span in enumerate(spans):
        failed = usable & (made.bad_fraction[:, window] > config.max_bad_fraction)
        limit = f"max_bad_fraction = {config.max_bad_fraction:g}"
        rejects.add("few_good_pixels", f"a larger fraction of the {span} is bad than {limit}", keys=keys[failed])
        usable &= ~failed
    for window, span in enumerate(spans):
        failed = usable & ~(made.lowest[:, window] > 0)
        rejects.add(
            "bad_continuum", f"the pseudo-continuum of the {span} is not positive throughout", keys=keys[failed]
        )
        usable &= ~failed
    return usable
