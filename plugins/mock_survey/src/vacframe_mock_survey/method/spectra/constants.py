"""Physical constants in cgs units, and what follows from them."""

from __future__ import annotations

import math

K = 1.380649e-16
H = 6.62607015e-27
C = 2.99792458e10
EV = 1.602176634e-12
AMU = 1.66053906660e-24
M_E = 9.1093837015e-28
"""CODATA 2018, cgs."""
SECOND_RADIATION = 1.438776877e8
"""hc/k in Å K (CODATA 2018)."""
HELIUM = 0.085
"""Helium atoms per hydrogen atom."""
LINE_CONSTANT = math.log10(math.sqrt(math.pi) * (4.80320425e-10) ** 2 / (M_E * C) * 1e-8)
"""log10 of sqrt(pi) e^2 / (m c), times Å in cm: central cross-section is this × gf × wavelength(Å) / velocity."""
