"""Which pixels of the survey's grid a set of wavelength windows takes; plain Python, no numerics at import."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from vacframe.schemas.lamost import LOGLAM_FIRST, LOGLAM_STEP

if TYPE_CHECKING:
    import numpy as np

    from vacframe_nn_labels.config import Interval

_EDGE = 1e-6
"""Pixels: a wavelength this close to a pixel's centre counts as on it, whatever the rounding of the logarithm."""


def window_pixels(windows: Iterable[Interval]) -> tuple[range, ...]:
    """Return, per window, the pixels of the survey's grid whose centres lie in it (both ends included).

    Parameters
    ----------
    windows : sequence of (float, float)
        First and last wavelength, Å in vacuum.
    """
    spans = []
    for low, high in windows:
        first = math.ceil((math.log10(low) - LOGLAM_FIRST) / LOGLAM_STEP - _EDGE)
        last = math.floor((math.log10(high) - LOGLAM_FIRST) / LOGLAM_STEP + _EDGE)
        spans.append(range(first, last + 1))
    return tuple(spans)


def pixel_count(windows: Iterable[Interval]) -> int:
    """Return the length of a normalised spectrum: the pixels of all windows, one window after the other."""
    return sum(len(span) for span in window_pixels(windows))


def pixel_wavelengths(windows: Iterable[Interval]) -> np.ndarray:
    """Return the rest wavelength of each pixel of a normalised spectrum, Å in vacuum, shape (npix,)."""
    import numpy as np

    pixels = np.concatenate([np.asarray(span) for span in window_pixels(windows)])
    return 10 ** (LOGLAM_FIRST + pixels * LOGLAM_STEP)


def pixel_windows(windows: Iterable[Interval]) -> np.ndarray:
    """Return the index of the window that each pixel of a normalised spectrum belongs to, shape (npix,), int64."""
    import numpy as np

    return np.repeat(np.arange(len(spans := window_pixels(windows))), [len(span) for span in spans])


def select_pixels(windows: Iterable[Interval], chosen: Iterable[Interval] | None) -> np.ndarray:
    """Return which pixels of a normalised spectrum lie in `chosen` (None: all of them).

    Parameters
    ----------
    windows : sequence of (float, float)
        Windows of the normalised spectra, Å.
    chosen : sequence of (float, float) or None
        Windows wanted, Å.

    Returns
    -------
    ndarray of bool, shape (npix,)
    """
    import numpy as np

    own = np.concatenate([np.asarray(span) for span in window_pixels(windows)])
    if chosen is None:
        return np.ones(len(own), dtype=bool)
    return np.isin(own, np.concatenate([np.asarray(span) for span in window_pixels(chosen)]))
