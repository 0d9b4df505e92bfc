"""Errors of the labels: sigma = sqrt(sigma_r² + sigma_m²), as in section 4 of Wang et al. (2022).

The paper fits ``sigma_r = a + c / SNR ** b`` to repeat observations. Here the repeats are made: the noise of each
training spectrum is added to it again, at several amplitudes, and the change of the estimate is what a repeat
observation would show. ``sigma_m`` is what the residuals of the validation stars, which no weight was learned from,
need beyond that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vacframe_nn_labels.method.model_card import NoiseLaw
from vacframe_nn_labels.method.scatter import robust_scatter

AMPLITUDES = (0.5, 1.0, 2.0, 4.0)
"""Added noise in units of the spectrum's own; a spectrum of signal-to-noise s stands for one of s / amplitude."""
ONE_SIGMA = 0.6826894921370859
"""Probability within one standard deviation of a Gaussian."""
STARS_PER_BIN = 50


@dataclass(frozen=True)
class NoiseResponse:
    """How estimates change with noise: signal-to-noise ratio (m,) and change of each label (m, L)."""

    snr: np.ndarray
    change: np.ndarray


def noise_response(
    predict: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray, errors: np.ndarray, snr: np.ndarray, seed: int
) -> NoiseResponse:
    """Return how the estimates of n stars change when noise is added.

    Parameters
    ----------
    predict : callable
        Inputs (n, p) → labels (n, L).
    inputs, errors : ndarray, shape (n, p)
        Standardised spectra and the standard deviation of their noise.
    snr : ndarray, shape (n,)
        Signal-to-noise ratio; stars without a positive one are left out.
    seed : int
        Of the noise.
    """
    usable = snr > 0
    rng = np.random.Generator(np.random.Philox(seed))
    start = predict(inputs[usable])
    ratios, changes = [], []
    for amplitude in AMPLITUDES:
        noise = rng.standard_normal((int(usable.sum()), inputs.shape[1]), dtype=np.float32)
        changes.append(predict(inputs[usable] + np.float32(amplitude) * noise * errors[usable]) - start)
        ratios.append(snr[usable] / amplitude)
    return NoiseResponse(np.concatenate(ratios), np.concatenate(changes))


def fit_noise_law(snr: np.ndarray, change: np.ndarray) -> NoiseLaw:
    """Fit ``a + c / snr ** b`` to the scatter of a label's changes in bins of signal-to-noise ratio.

    Parameters
    ----------
    snr, change : ndarray, shape (m,)

    Returns
    -------
    NoiseLaw
        a and c not negative, b between 0.2 and 3. With too few stars for a fit, c is 0 and a the scatter of all.
    """
    from scipy.optimize import least_squares

    parts = np.array_split(np.argsort(snr, kind="stable"), max(1, len(snr) // STARS_PER_BIN))
    middle = np.array([np.median(snr[part]) for part in parts if len(part)])
    scatter = np.array([robust_scatter(change[part]) for part in parts if len(part)])
    if len(middle) < 4 or not (scatter > 0).all():
        return NoiseLaw(a=robust_scatter(change) if len(change) else 0.0, b=1.0, c=0.0)
    reference = float(np.median(middle))

    def misfit(guess: np.ndarray) -> np.ndarray:
        return np.log((guess[0] + guess[1] * (reference / middle) ** guess[2]) / scatter)

    typical = float(np.median(scatter))
    found = least_squares(
        misfit, [0.1 * typical, typical, 1.0], bounds=([0.0, 1e-9 * typical, 0.2], [np.inf, np.inf, 3.0]), x_scale="jac"
    ).x
    return NoiseLaw(a=float(found[0]), b=float(found[2]), c=float(found[1] * reference ** found[2]))


def random_error(law: NoiseLaw, snr: np.ndarray) -> np.ndarray:
    """Return sigma_r at each signal-to-noise ratio, shape (n,); NaN where it is not positive."""
    positive = np.where(snr > 0, snr, np.nan).astype(np.float64)
    return law.a + law.c / positive**law.b


def method_error(residual: np.ndarray, law: NoiseLaw, snr: np.ndarray) -> float:
    """Return the sigma_m with which 68.3 % of the residuals lie within sigma.

    Parameters
    ----------
    residual : ndarray, shape (n,)
        Estimate − reference of stars that were not learned from.
    law : NoiseLaw
    snr : ndarray, shape (n,)
    """
    excess = residual**2 - random_error(law, snr) ** 2
    excess = excess[np.isfinite(excess)]
    return float(np.sqrt(max(0.0, np.quantile(excess, ONE_SIGMA)))) if len(excess) else 0.0
