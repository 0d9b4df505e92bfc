"""Abundances of a star beyond its metallicity: alpha elements, iron, carbon and nitrogen.

Own formulas, so that nothing is shared with the code that infers from the mock.
"""

from __future__ import annotations

import numpy as np

from vacframe import RowRandom

GIANT_BRANCH_LOGG = 3.3
"""Gravity below which the first dredge-up has happened (Salaris et al. 2015, A&A 583, A87)."""
BUMP_LOGG = 2.2
"""Gravity of the luminosity bump, above which metal-poor giants mix further (Shetrone et al. 2019, ApJ 872, 137)."""
VERY_METAL_POOR = -2.0
"""[Fe/H] below which stars may be carbon-enhanced."""


def alpha_of(mh: np.ndarray, normal: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return [alpha/M] on a population's sequence, shape (n,).

    Parameters
    ----------
    mh, normal : ndarray, shape (n,)
        [M/H] and standard normal numbers.
    alpha : ndarray, shape (n, 4)
        Value at [M/H] = 0, slope with [M/H], upper limit, scatter.
    """
    sequence = np.minimum(alpha[:, 0] + alpha[:, 1] * mh, alpha[:, 2])
    return np.clip(sequence + alpha[:, 3] * normal, -0.15, 0.45)


def iron(mh: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return [Fe/H] for a total metallicity [M/H] and [alpha/Fe] (Salaris, Chieffi & Straniero 1993, ApJ 414, 580)."""
    return mh - np.log10(0.638 * 10.0**alpha + 0.362)


def carbon_nitrogen(star: dict[str, np.ndarray], cemp_fraction: float, rng: RowRandom) -> dict[str, np.ndarray]:
    """Return ``c_fe``, ``n_fe`` and ``is_cemp``, shape (n,) each.

    Dwarfs keep what they were born with: solar ratios, carbon 0.15 dex higher where alpha is. The first dredge-up
    turns carbon into nitrogen, the more the more massive the giant (trend of Martig et al. 2016, MNRAS 456, 3655:
    [C/N] −0.1 at 0.9, −0.6 at 1.8 solar masses); metal-poor giants above the bump go on (Placco et al. 2014, ApJ
    797, 21). Carbon-enhanced very metal-poor stars, [C/Fe] > 0.7, grow in number by 0.2 per dex below [Fe/H] = −2
    (ibid.), from `cemp_fraction` there.

    Parameters
    ----------
    star : dict of ndarray, shape (n,)
        ``feh``, ``alpha_m``, ``logg``, ``mass``.
    cemp_fraction : float
        Fraction of carbon-enhanced stars at [Fe/H] = −2.
    rng : RowRandom
        Random numbers of the stars.
    """
    feh, logg = star["feh"], star["logg"]
    noise, u = rng.normal(2), rng.uniform(2)
    dredged = np.clip((GIANT_BRANCH_LOGG - logg) / 0.3, 0.0, 1.0)
    heavy = np.clip(star["mass"] - 0.8, 0.0, 1.2)
    mixed = np.clip((BUMP_LOGG - logg) / 1.5, 0.0, 1.0) * np.clip(-0.5 - feh, 0.0, 1.5)
    c_fe = 0.5 * np.clip(star["alpha_m"], 0.0, 0.3) + 0.03 * noise[:, 0] - dredged * (0.05 + 0.15 * heavy) - 0.3 * mixed
    n_fe = 0.06 * noise[:, 1] + dredged * (0.08 + 0.35 * heavy) + 0.3 * mixed
    poor = feh < VERY_METAL_POOR
    cemp = poor & (u[:, 0] < cemp_fraction + 0.2 * (VERY_METAL_POOR - feh))
    excess = 0.7 + 1.5 * u[:, 1]
    return {
        "c_fe": np.where(cemp, excess, np.clip(c_fe, -0.8, 0.6)),
        "n_fe": np.where(cemp, 0.5 * excess, np.clip(n_fe, -0.4, 1.2)),
        "is_cemp": cemp,
    }
