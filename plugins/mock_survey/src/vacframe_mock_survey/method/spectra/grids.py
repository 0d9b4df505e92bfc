"""The grids on which the spectra and their tables are computed: pixels, subpixels, zones, curve of growth."""

from __future__ import annotations

import math

STEP = 1e-4
"""Width of a pixel in log10 of the vacuum wavelength in Å."""
SCALE = STEP * math.log(10.0)
"""Width of a pixel in units of its wavelength."""
LAMOST_FIRST, LAMOST_PIXELS = 3.5682, 3909
"""The survey's grid: log10 of the first vacuum wavelength in Å, number of pixels."""
BROAD_FIRST, BROAD_PIXELS = 3.5092, 5130
"""The grid behind low-dispersion spectra, 3230 to 10520 Å."""
BAND_BEFORE, BAND_PIXELS = 800, 5500
"""Pixels before the survey's first one at which ``data/bands.npz`` begins, and its number of pixels."""
OVER = 5
"""Subpixels per pixel for strong lines."""
PHASES = 128
"""Subpixel positions for which the instrumental profile is tabulated."""
REACH, MARGIN = 6, 24
"""Pixels each side that a weak line spreads over, and at the ends that it may lie beyond."""
ZONE_FIRST, ZONE_STEP, ZONES = 3200.0, 400.0, 20
"""Wavelengths, Å, at which the continuous opacity is computed."""
ETA_FIRST, ETA_STEP, ETAS = -2.5, 0.04, 263
A_FIRST, A_STEP, DAMPINGS = -4.0, 0.25, 21
"""Axes of the curve of growth: log10 of the central opacity ratio and of the damping parameter. Lines weaker than the
first, of less than 0.2 mÅ, are left out."""
