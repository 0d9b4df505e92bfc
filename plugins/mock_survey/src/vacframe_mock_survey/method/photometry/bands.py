"""Photometric bands of the mock: wavelengths and intrinsic colours."""

from __future__ import annotations

import numpy as np

PIVOTS = {"u": 3600.0, "g": 4770.0, "r": 6230.0, "i": 7630.0, "z": 9000.0}
"""Wavelengths, Å, of the SDSS filters, at which the spectroscopic survey states its signal-to-noise."""
INFRARED = (
    np.array([3000.0, 3300.0, 3600.0, 4000.0, 4500.0, 5500.0, 7000.0]),
    np.array([0.23, 0.19, 0.13, 0.02, -0.05, -0.04, -0.03]),
    np.array([-0.30, -0.22, -0.15, -0.10, -0.07, -0.04, -0.03]),
)
"""Teff (K), and W1-W2 of dwarfs and of giants there. Rounded from Pecaut & Mamajek (2013, ApJS 208, 9, online table)
and, for giants, from the M giants' place in Li et al. (2016, RAA 16, 125): CO absorbs in W2 of giants, H2O and H2 in
W1 of dwarfs."""


def absolute_magnitudes(model: dict[str, np.ndarray], teff: np.ndarray, logg: np.ndarray) -> dict[str, np.ndarray]:
    """Return absolute magnitudes in all bands of `extinction.EXTINCTION`.

    Parameters
    ----------
    model : dict of str to ndarray of shape (n,)
        ``g``, ``bp``, ``rp``, ``j``, ``h``, ``ks`` of the isochrones.
    teff, logg : ndarray, shape (n,)
        For W1 and W2, which the isochrones lack.

    Returns
    -------
    dict of str to ndarray of shape (n,)
        SDSS g, r, i and V from Gaia colours (Riello et al. 2021, A&A 649, A3, table C.2, the colour clipped to
        0 … 3), B from g and r (Lupton 2005, SDSS DR7 transformations), APASS r as SDSS r. W1 lies 0.05 mag below Ks,
        W2 by `INFRARED` from it.
    """
    x = np.clip(model["bp"] - model["rp"], 0.0, 3.0)
    out = {name: model[name] for name in ("g", "bp", "rp", "j", "h", "ks")}
    out["g_sdss"] = model["g"] - (0.2199 + x * (-0.6365 + x * (-0.1548 + x * 0.0064)))
    out["r_sdss"] = model["g"] - (-0.09837 + x * (0.08592 + x * (0.1907 + x * (-0.1701 + x * 0.02263))))
    out["i_sdss"] = model["g"] - (-0.293 + x * (0.6404 + x * (-0.09609 + x * -0.002104)))
    out["v_apass"] = model["g"] - (-0.02704 + x * (0.01424 + x * (-0.2156 + x * 0.01426)))
    out["b_apass"] = out["g_sdss"] + 0.3130 * (out["g_sdss"] - out["r_sdss"]) + 0.2271
    out["r_apass"] = out["r_sdss"]
    out["w1"] = model["ks"] - 0.05
    temperatures, dwarf, giant = INFRARED
    gravity = np.clip((np.asarray(logg) - 2.5) / 1.5, 0.0, 1.0)
    colour = gravity * np.interp(teff, temperatures, dwarf) + (1.0 - gravity) * np.interp(teff, temperatures, giant)
    out["w2"] = out["w1"] - colour
    return out
