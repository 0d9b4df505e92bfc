"""Extinction for a reddening: in the mock's bands, and at any wavelength."""

from __future__ import annotations

import numpy as np

EXTINCTION = {
    "g": 2.356, "bp": 2.902, "rp": 1.750,
    "j": 0.709, "h": 0.449, "ks": 0.302, "w1": 0.189, "w2": 0.146,
    "b_apass": 3.626, "v_apass": 2.742, "r_apass": 2.285, "g_sdss": 3.303, "r_sdss": 2.285, "i_sdss": 1.698,
}  # fmt: skip
"""A_band / E(B-V), SFD scale, R_V = 3.1: Schlafly & Finkbeiner (2011, ApJ 737, 103, table 6; J H Ks are its UKIRT
rows, r_apass its SDSS r); W1, W2 Yuan, Liu & Xiang (2013, MNRAS 430, 2188, table 2, their F99 column); Gaia
0.86 times Casagrande & VandenBerg (2018, MNRAS 479, L102, table 2)."""


def extinction_curve(wavelength: np.ndarray) -> np.ndarray:
    """Return A(λ)/E(B−V) at wavelengths in Å, shape (n,).

    Cardelli, Clayton & Mathis (1989, ApJ 345, 245; optical eqs. 3a, 3b, infrared eqs. 2a, 2b), R_V = 3.1, times 0.86
    for the SFD scale (Schlafly & Finkbeiner 2011).
    """
    x = 1e4 / wavelength
    y = x - 1.82
    a = np.polynomial.polynomial.polyval(y, [1.0, 0.17699, -0.50447, -0.02427, 0.72085, 0.01979, -0.77530, 0.32999])
    b = np.polynomial.polynomial.polyval(y, [0.0, 1.41338, 2.28305, 1.07233, -5.38434, -0.62251, 5.30260, -2.09002])
    infrared = x < 1.1
    a, b = np.where(infrared, 0.574 * x**1.61, a), np.where(infrared, -0.527 * x**1.61, b)
    return 0.86 * (3.1 * a + b)
