"""Parallax zero point of Gaia (E)DR3 after Lindegren et al. (2021b, A&A 649, A4), one fused loop over the sources.

Z = sum over j, k of q_jk(G) c_j(nu) b_k(beta) (their Appendix A), with the colour functions c_j that `_one` computes
and b = 1, sin(beta), sin²(beta) − 1/3; the coefficients q_jk are linear in G between the magnitudes of Tables 9
(five-parameter solutions) and 10 (six-parameter solutions), constant beyond them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import prange

from vacframe.astro.jit import compiled, compiled_parallel, read_only

FIVE, SIX = 31, 95
"""Values of astrometric_params_solved."""
OUT_OF_MAGNITUDE, OUT_OF_COLOUR, NO_INPUT, NO_SOLUTION = 1, 2, 4, 8
"""Bits of ``zero_point_flag``."""

_MAGNITUDES = (6.0, 10.8, 11.2, 11.8, 12.2, 12.9, 13.1, 15.9, 16.1, 17.5, 19.0, 20.0, 21.0)
_FIVE_PARAMETERS = (  # Table 9: q00, q01, q02, q10, q11, q20, q30, q40; µas and µm µas, µm³ µas
    (-26.98, -9.62, 27.40, -25.1, -0.0, -1257.0, 0.0, 0.0),
    (-27.23, -3.07, 23.04, 35.3, 15.7, -1257.0, 0.0, 0.0),
    (-30.33, -9.23, 9.08, -88.4, -11.8, -1257.0, 0.0, 0.0),
    (-33.54, -10.08, 13.28, -126.7, 11.6, -1257.0, 0.0, 0.0),
    (-13.65, -0.07, 9.35, -111.4, 40.6, -1257.0, 0.0, 0.0),
    (-19.53, -1.64, 15.86, -66.8, 20.6, -1257.0, 0.0, 0.0),
    (-37.99, 2.63, 16.14, -5.7, 14.0, -1257.0, 107.9, 104.3),
    (-38.33, 5.61, 15.42, 0.0, 18.7, -1189.0, 243.8, 155.2),
    (-31.05, 2.83, 8.59, 0.0, 15.5, -1404.0, 105.5, 170.7),
    (-29.18, -0.09, 2.41, 0.0, 24.5, -1165.0, 189.7, 325.0),
    (-18.40, 5.98, -6.46, 0.0, 5.5, 0.0, 0.0, 276.6),
    (-12.65, -4.57, -7.46, 0.0, 97.9, 0.0, 0.0, 0.0),
    (-18.22, -15.24, -18.54, 0.0, 128.2, 0.0, 0.0, 0.0),
)
_SIX_PARAMETERS = (  # Table 10: q00, q01, q02, q10, q11, q12, q20
    (-27.85, -7.78, 27.47, -32.1, 14.4, 9.5, -67.0),
    (-28.91, -3.57, 22.92, 7.7, 12.6, 1.6, -572.0),
    (-26.72, -8.74, 9.36, -30.3, 5.6, 17.2, -1104.0),
    (-29.04, -9.69, 13.63, -49.4, 36.3, 17.7, -1129.0),
    (-12.39, -2.16, 10.23, -92.6, 19.8, 27.6, -365.0),
    (-18.99, -1.93, 15.90, -57.2, -8.0, 19.9, -554.0),
    (-38.29, 2.59, 16.20, -10.5, 1.4, 0.4, -960.0),
    (-36.83, 4.20, 15.76, 22.3, 11.1, 10.0, -1367.0),
    (-28.37, 1.99, 9.28, 50.4, 17.2, 13.7, -1351.0),
    (-24.68, -1.37, 3.52, 86.8, 19.8, 21.3, -1380.0),
    (-15.32, 4.01, -6.03, 29.2, 14.1, 0.4, -563.0),
    (-13.73, -10.92, -8.30, -74.4, 196.4, -42.0, 536.0),
    (-29.53, -20.34, -18.74, -39.5, 326.8, -262.3, 1598.0),
)


_FIVE_COLOURS, _SIX_COLOURS = (1.1, 1.9), (1.24, 1.72)
"""Ranges of nu_eff and pseudocolour, 1/µm, in which the zero point is calibrated; those of gaiadr3-zeropoint."""


def _coefficients() -> np.ndarray:
    """Return q as (solution, magnitude, term); terms q00, q01, q02, q10, q11, q12, q20, q30, q40."""
    table = np.zeros((2, len(_MAGNITUDES), 9))
    table[0][:, [0, 1, 2, 3, 4, 6, 7, 8]] = _FIVE_PARAMETERS
    table[1][:, :7] = _SIX_PARAMETERS
    return table


_G = np.array(_MAGNITUDES)
_Q = _coefficients()


@dataclass(frozen=True)
class ZeroPoints:
    """Zero points of n sources.

    Attributes
    ----------
    value : ndarray of float64, shape (n,)
        mas; NaN without a five- or six-parameter solution or where an input is missing. Corrected parallax =
        parallax − value.
    flag : ndarray of int8, shape (n,)
        Sum of bits: 1, G not within 6 to 21 (the value is that at the end of the range); 2, colour outside 1.1 to 1.9
        (nu_eff) or 1.24 to 1.72 (pseudocolour); 4, an input is missing; 8, neither a five- nor a six-parameter
        solution.
    """

    value: np.ndarray
    flag: np.ndarray


def zero_points(
    magnitude: np.ndarray,
    effective_wavenumber: np.ndarray,
    pseudocolour: np.ndarray,
    ecliptic_latitude: np.ndarray,
    solved: np.ndarray,
) -> ZeroPoints:
    """Return the parallax zero points of n sources.

    Parameters
    ----------
    magnitude : ndarray, shape (n,)
        phot_g_mean_mag.
    effective_wavenumber, pseudocolour : ndarray, shape (n,)
        nu_eff_used_in_astrometry and pseudocolour, 1/µm; NaN where not known.
    ecliptic_latitude : ndarray, shape (n,)
        Degrees.
    solved : ndarray of int, shape (n,)
        astrometric_params_solved.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    inputs = (magnitude, effective_wavenumber, pseudocolour, ecliptic_latitude, solved)
    if len({np.shape(v) for v in inputs}) != 1:
        raise ValueError(f"inputs of the zero point have different shapes: {[np.shape(v) for v in inputs]}")
    value, flag = np.empty(len(magnitude)), np.empty(len(magnitude), dtype=np.int8)
    numbers = [read_only(v, _kind(v)) for v in inputs[:4]]
    tables = (read_only(_G, np.float64), read_only(_Q, np.float64))
    _zero_points(*(*numbers, read_only(solved, np.int16), *tables, value, flag))
    return ZeroPoints(value, flag)


def _kind(values: np.ndarray) -> type:
    """Return the float type as which a column enters the loop: its own where that is one."""
    return np.float32 if np.asarray(values).dtype == np.float32 else np.float64


@compiled_parallel
def _zero_points(
    magnitude: np.ndarray,
    wavenumber: np.ndarray,
    pseudocolour: np.ndarray,
    latitude: np.ndarray,
    solved: np.ndarray,
    edges: np.ndarray,
    coefficients: np.ndarray,
    value: np.ndarray,
    flag: np.ndarray,
) -> None:
    for i in prange(len(magnitude)):
        six = solved[i] == SIX
        if not six and solved[i] != FIVE:
            value[i], flag[i] = np.nan, NO_SOLUTION
            continue
        g, beta = float(magnitude[i]), float(latitude[i])
        nu = float(pseudocolour[i]) if six else float(wavenumber[i])
        if not (math.isfinite(g) and math.isfinite(nu) and math.isfinite(beta)):
            value[i], flag[i] = np.nan, NO_INPUT
            continue
        value[i] = 1e-3 * _one(g, nu, math.sin(beta * (math.pi / 180.0)), edges, coefficients[1 if six else 0])
        low, high = _SIX_COLOURS if six else _FIVE_COLOURS
        bits = 0
        if not edges[0] < g < edges[-1]:
            bits += OUT_OF_MAGNITUDE
        if not low < nu < high:
            bits += OUT_OF_COLOUR
        flag[i] = bits


@compiled
def _one(g: float, nu: float, sine: float, edges: np.ndarray, q: np.ndarray) -> float:
    """Return Z in µas."""
    low = 0
    for k in range(1, len(edges) - 1):
        low += g >= edges[k]
    h = min(max((g - edges[low]) / (edges[low + 1] - edges[low]), 0.0), 1.0)
    a, b = q[low], q[low + 1]
    blue = min(max(1.48 - nu, 0.0), 0.24)
    c1 = min(max(nu - 1.48, -0.24), 0.24)
    c2 = blue * blue * blue
    c3, c4 = min(nu - 1.24, 0.0), max(nu - 1.72, 0.0)
    b2 = sine * sine - 1.0 / 3.0
    first = _sum(a, c1, c2, c3, c4, sine, b2)
    return first + h * (_sum(b, c1, c2, c3, c4, sine, b2) - first)


@compiled
def _sum(q: np.ndarray, c1: float, c2: float, c3: float, c4: float, b1: float, b2: float) -> float:
    return q[0] + q[1] * b1 + q[2] * b2 + (q[3] + q[4] * b1 + q[5] * b2) * c1 + q[6] * c2 + q[7] * c3 + q[8] * c4
