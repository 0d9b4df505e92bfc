"""Flags of `xp_features` and `xp_metallicities`: bits of the column `flags`."""

from __future__ import annotations

from enum import IntFlag


class Flag(IntFlag):
    """What keeps a star's estimate from being taken as it is."""

    NOT_CORRECTED = 1
    CORRECTION_RANGE = 2
    NO_REDDENING = 4
    MISSING_FLUX = 8
    HIGH_REDDENING = 16
    FAINT = 32
    OUTSIDE_HULL = 64


MEANING = {
    Flag.NOT_CORRECTED: "no systematic correction of the spectrum (no tables given, or outside their grid)",
    Flag.CORRECTION_RANGE: (
        "outside the correction's validity, -0.5 < BP-RP < 2, 3 < G < 17.5, E(B-V) < 0.8, or at the edge of its tables"
    ),
    Flag.NO_REDDENING: "E(B-V) unknown: not dereddened",
    Flag.MISSING_FLUX: "a pixel has no flux (a band is missing) or the flux at 550 nm is not positive",
    Flag.HIGH_REDDENING: "E(B-V) beyond reliable_ebv",
    Flag.FAINT: "G beyond reliable_magnitude, where the predicted error is extrapolated",
    Flag.OUTSIDE_HULL: "outside the training stars' spectra",
}


def describe(flags: Flag) -> str:
    """Return the description of a column that may have these bits."""
    return "Bits: " + "; ".join(f"{flag.value} {text}" for flag, text in MEANING.items() if flag & flags)
