"""The spectrograph: signal-to-noise by colour, response, sky, bad pixels and header facts."""

from __future__ import annotations

import numpy as np

PIVOTS = {"u": 3600.0, "g": 4770.0, "r": 6230.0, "i": 7630.0, "z": 9000.0}
"""Wavelengths, Å, at which the bands' signal-to-noise is stated; those of the SDSS filters."""
EFFICIENCY = {"u": 0.19, "g": 1.0, "r": 1.50, "i": 1.95, "z": 1.30}
"""Signal-to-noise of a star of 5800 K relative to that in g, rounded medians of LAMOST DR10 headers."""
_SECOND_RADIATION = 1.438776877e8
"""hc/k in Å K (CODATA 2018)."""


def planck(wavelength: np.ndarray, teff: np.ndarray) -> np.ndarray:
    """Return the Planck function per wavelength, any unit, broadcast over Å and K."""
    return (5000.0 / wavelength) ** 5 / np.expm1(_SECOND_RADIATION / (wavelength * teff))


def band_snr(snr_g: np.ndarray, teff: np.ndarray) -> dict[str, np.ndarray]:
    """Return ``snr_u`` … ``snr_z`` of stars, shape (n,) each, for snr_g and Teff (K): photon noise of their colour."""
    solar = planck(np.array(PIVOTS["g"]), np.array(5800.0))
    own = planck(np.array(PIVOTS["g"]), teff)
    out = {}
    for band, pivot in PIVOTS.items():
        colour = planck(np.array(pivot), teff) / own / (planck(np.array(pivot), np.array(5800.0)) / solar)
        out[f"snr_{band}"] = snr_g * EFFICIENCY[band] * np.sqrt(colour)
    return out
