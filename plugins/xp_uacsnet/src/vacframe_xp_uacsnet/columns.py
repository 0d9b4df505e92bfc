"""Columns that several products have: who a star is, its spectrum, what selects it, its label."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.parts import identifier, measured, positions
from vacframe_xp_uacsnet.flags import Flag, describe
from vacframe_xp_uacsnet.xp_pixels import SAMPLES

FLUX_UNIT = "W / (nm m2)"
IDENTITY = (identifier("source_id", "Gaia source identifier, unique within a data release"), *positions("epoch 2016.0"))

SPECTRUM = (
    vf.column("flux", "float32", "Flux at 336, 338, ... 1020 nm (vacuum)", unit=FLUX_UNIT, length=SAMPLES,
              ucd="phot.flux.density;em.wl"),
    vf.column("flux_error", "float32", "Standard error of flux", unit=FLUX_UNIT, length=SAMPLES,
              ucd="stat.error;phot.flux.density;em.wl"),
)  # fmt: skip
"""Of `xp_sampled`."""
PHOTOMETRY = ("phot_g_mean_mag", "phot_bp_mean_mag", "phot_rp_mean_mag")
EXCESS = "phot_bp_rp_excess_factor"
SPECTRUM_STARS = (
    vf.column("ebv", "float32", "Reddening E(B-V), SFD scale", unit="mag", ucd="phot.color.excess"),
    vf.column("parallax", "float64", "Parallax", unit="mas", ucd="pos.parallax.trig"),
    vf.column("logg", "float32", "Surface gravity, log10 of cm s-2", unit="dex", ucd="phys.gravity"),
    vf.column("phot_g_mean_mag", "float32", "Mean magnitude in G", unit="mag", ucd="phot.mag;em.opt"),
    vf.column("phot_bp_mean_mag", "float32", "Mean magnitude in BP", unit="mag", ucd="phot.mag;em.opt.B"),
    vf.column("phot_rp_mean_mag", "float32", "Mean magnitude in RP", unit="mag", ucd="phot.mag;em.opt.R"),
    vf.column(EXCESS, "float32", "BP/RP flux excess factor", ucd="arith.factor;phot.flux;em.opt"),
)
"""Columns of the stars that a user's file of sampled spectra may have, and the configuration may then use."""

QUANTITIES = (
    vf.column("gl", "float64", "Galactic longitude", unit="deg", ucd="pos.galactic.lon"),
    vf.column("gb", "float64", "Galactic latitude", unit="deg", ucd="pos.galactic.lat"),
    vf.column("phot_g_mean_mag", "float32", "Mean magnitude in G", unit="mag", ucd="phot.mag;em.opt"),
    vf.column(EXCESS, "float32", "BP/RP flux excess factor", ucd="arith.factor;phot.flux;em.opt"),
    vf.column("bp_rp0", "float32", "Dereddened BP-RP", unit="mag", ucd="phot.color;em.opt"),
    vf.column("g0", "float32", "Dereddened G", unit="mag", ucd="phot.mag;em.opt"),
    vf.column("m_g", "float32", "Absolute magnitude in G", unit="mag", ucd="phys.magAbs;em.opt"),
    vf.column("ebv", "float32", "Reddening E(B-V), SFD scale", unit="mag", ucd="phot.color.excess"),
    vf.column("r_geo", "float32", "Distance", unit="pc", ucd="pos.distance"),
    vf.column("z", "float32", "Height above the Galactic plane", unit="kpc", ucd="pos.cartesian.z"),
)
"""Of `xp_features`, by which stars are selected."""
MARKS = ("gb", "ebv", "g0", "phot_g_mean_mag", "bp_rp0", "m_g", "z", "giant", "flags")
"""Columns of `xp_features` that `training_where` may use."""
SHOWN = tuple(c for c in QUANTITIES if c.name not in ("g0", "z"))
"""Columns of Table 2 that come with the features: gl, gb, excess factor, BP_RP0, G, M_G, EBV, rgeo."""
PASSED = ("flux", "flux_error", *(c.name for c in QUANTITIES), "flags")
"""Columns of `xp_features` that `xp_training_set` has too."""
FEATURE_FLAGS = vf.column(
    "flags",
    "int16",
    describe(Flag.NOT_CORRECTED | Flag.CORRECTION_RANGE | Flag.NO_REDDENING | Flag.MISSING_FLUX),
    ucd="meta.code",
    nullable=False,
)

FEH, FEH_ERROR = measured("feh", "Iron abundance [Fe/H] of the label", unit="dex", ucd="phys.abund.Fe")


def pixel_fluxes(pixels: int) -> tuple[vf.Column, vf.Column]:
    """Return the columns of the network's input, of this many pixels."""
    return (
        vf.column("flux", "float32", "Relative flux", length=pixels, ucd="phot.flux.density;em.wl"),
        vf.column(
            "flux_error", "float32", "Standard error of flux", length=pixels, ucd="stat.error;phot.flux.density;em.wl"
        ),
    )
