"""Extinction coefficients: the one table of them, each with its scale and reference. No numerics are imported.

A coefficient R turns a reddening or extinction into that of a band, A_band = R · x, where x is

- on scale ``sfd``: E(B-V) of Schlegel, Finkbeiner & Davis (1998), about 14 % above the true one;
- on scale ``bayestar19``: the unit of the maps of Green et al. (2019), which is not E(B-V);
- on scale ``av``: A_V itself.

Coefficients of one scale must not be used with a reddening of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Scale = Literal["sfd", "bayestar19", "av"]
SCALES: tuple[str, ...] = get_args(Scale)


@dataclass(frozen=True)
class Coefficient:
    """R of one band on one scale, and where it was published."""

    value: float
    reference: str


_YUAN = "Yuan, Liu & Xiang 2013, MNRAS 430, 2188, table 2"
_ZHANG = "Zhang & Yuan 2023, ApJS 264, 14 (single values; PyPI extinction_coefficient, mode 'simple')"
_APASS = "approximate values for the Johnson and Sloan bands of APASS, no table of a paper; replace where it matters"
_GREEN = "Green et al. 2019, ApJ 887, 93, table 1"
_CARDELLI = "Cardelli, Clayton & Mathis 1989, ApJ 345, 245, R_V = 3.1, as in Wang J. et al. 2023"
_SCHLAFLY = "Schlafly & Finkbeiner 2011, ApJ 737, 103, table 6, R_V = 3.1"

_VALUES: dict[str, dict[str, dict[str, float]]] = {
    "sfd": {
        _YUAN: {"g_sdss": 3.30, "r_sdss": 2.31, "i_sdss": 1.71}
        | {"j": 0.72, "h": 0.46, "ks": 0.306, "w1": 0.18, "w2": 0.16},
        _ZHANG: {"g": 2.364, "bp": 2.998, "rp": 1.737},
        _APASS: {"b_apass": 3.63, "v_apass": 2.74, "r_apass": 2.3},
        _SCHLAFLY: {"v": 2.742},
    },
    "bayestar19": {
        _GREEN: {"ps1_g": 3.518, "ps1_r": 2.617, "ps1_i": 1.971, "ps1_z": 1.549, "ps1_y": 1.263}
        | {"j": 0.7927, "h": 0.4690, "ks": 0.3026},
    },
    "av": {_CARDELLI: {"v": 1.0, "j": 0.288, "h": 0.178, "ks": 0.117}},
}  # fmt: skip
COEFFICIENTS: dict[str, dict[str, Coefficient]] = {
    scale: {band: Coefficient(r, paper) for paper, bands in papers.items() for band, r in bands.items()}
    for scale, papers in _VALUES.items()
}
"""Scale → band → coefficient. ``g``, ``bp``, ``rp`` are Gaia's, ``j``, ``h``, ``ks`` those of 2MASS."""


def coefficient(band: str, scale: str = "sfd") -> float:
    """Return R of a band on a scale.

    Raises
    ------
    KeyError
        If there is no such scale or band; the message names those that there are.
    """
    if scale not in COEFFICIENTS:
        raise KeyError(f"no extinction scale {scale!r}; there are {', '.join(COEFFICIENTS)}")
    if band not in COEFFICIENTS[scale]:
        raise KeyError(f"no extinction coefficient of {band!r} on scale {scale!r}; {', '.join(COEFFICIENTS[scale])}")
    return COEFFICIENTS[scale][band].value
