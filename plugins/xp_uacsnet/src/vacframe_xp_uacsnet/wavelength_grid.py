"""The wavelength grid of sampled XP spectra."""

from __future__ import annotations

SAMPLES = 343
FIRST = 336.0
"""nm."""
STEP = 2.0
"""nm."""
WAVELENGTHS = tuple(FIRST + STEP * i for i in range(SAMPLES))
"""336, 338, ... 1020 nm, vacuum: GaiaXPy's default sampling."""
