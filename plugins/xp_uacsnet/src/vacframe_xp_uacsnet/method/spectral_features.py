"""Rows of `xp_features`: correction, dereddening, pixels, cuts and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vacframe import Inputs, Result, select_rows
from vacframe_xp_uacsnet.columns import EXCESS, MARKS
from vacframe_xp_uacsnet.flags import Flag
from vacframe_xp_uacsnet.method.extinction_curve import extinction_curve
from vacframe_xp_uacsnet.method.pixel_fluxes import make_pixels, normalisation_range, sample_ranges
from vacframe_xp_uacsnet.method.star_selection import Stars, gather
from vacframe_xp_uacsnet.method.systematic_correction import Correction

if TYPE_CHECKING:
    from vacframe_xp_uacsnet.config import XpUacsnetConfig

VALID_COLOUR, VALID_G, VALID_EBV = (-0.5, 2.0), (3.0, 17.5), 0.8
"""BP-RP, G and E(B-V) for which the correction of Huang et al. (2024) was tested (section 2.1 of Yang et al.)."""


def make_features(inputs: Inputs, config: XpUacsnetConfig) -> Result:
    """Return the rows of `xp_features` for those of `xp_sampled`."""
    spectra = inputs["xp_sampled"]
    stars = gather(inputs, config)
    derived = stars.derived(config)
    flux, error = spectra["flux"], spectra["flux_error"]
    flags = np.zeros(len(spectra), np.int16)
    outside = ~_within(stars.bp_rp, VALID_COLOUR) | ~_within(stars.g, VALID_G) | ~(stars.ebv < VALID_EBV)
    flags[outside] |= Flag.CORRECTION_RANGE
    if config.correction:
        factors, covered, inside = Correction(inputs["xp_correction_tables"]).factors(
            flux.astype(np.float64), error.astype(np.float64), stars.g
        )
        flux, error = flux * factors, error * factors
        flags[~covered] |= Flag.NOT_CORRECTED
        flags[~inside] |= Flag.CORRECTION_RANGE
    else:
        flags |= Flag.NOT_CORRECTED
    known = np.isfinite(stars.ebv)
    flags[~known] |= Flag.NO_REDDENING
    slope, constant = config.e4455
    strength = np.where(known, slope * np.nan_to_num(stars.ebv) + constant, 0.0)
    pixels, errors = make_pixels(
        flux,
        error,
        extinction_curve() + config.r_v_curve,
        strength,
        sample_ranges(config.pixels),
        normalisation_range(config.normalise),
    )
    flags[~np.isfinite(pixels).all(axis=1)] |= Flag.MISSING_FLUX
    giant = stars.is_giant(config, derived)
    table = {"flux": pixels, "flux_error": errors, "giant": giant, "flags": flags, **_columns(stars, derived)}
    table["for_training"] = giant & ((flags & Flag.MISSING_FLUX) == 0)
    if config.training_where:
        chosen = select_rows(config.training_where, {n: table[n] for n in MARKS}, what="training_where")
        table["for_training"] &= np.broadcast_to(chosen, giant.shape)
    skipped = {} if config.correction else {"spectra without systematic correction": len(spectra)}
    return Result(table=table, counts={"giants": int(giant.sum()), **skipped})


def _within(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    return np.asarray((values > limits[0]) & (values < limits[1]))


def _columns(stars: Stars, derived: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        "gl": stars.gl,
        "gb": stars.gb,
        "phot_g_mean_mag": stars.g,
        EXCESS: stars.excess,
        "ebv": stars.ebv,
        "r_geo": stars.distance,
        **derived,
    }
