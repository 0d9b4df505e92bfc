"""Columns that products share with each other and with the method."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.gaia import GAIA_EPOCH
from vacframe.schemas.parts import identifier, measured, positions
from vacframe_xp_uacsnet.flags import MEANING, Flag, describe

IDENTITY = (identifier("source_id", "Gaia source identifier, unique within a data release"), *positions("epoch 2016.0"))
QUANTITIES = (
    vf.column("gl", "float64", "Galactic longitude", unit="deg", ucd="pos.galactic.lon"),
    vf.column("gb", "float64", "Galactic latitude", unit="deg", ucd="pos.galactic.lat"),
    vf.column("phot_g_mean_mag", "float32", "Mean magnitude in G", unit="mag", ucd="phot.mag;em.opt"),
    vf.column("phot_bp_rp_excess_factor", "float32", "BP/RP flux excess factor", ucd="arith.factor;phot.flux;em.opt"),
    vf.column("bp_rp0", "float32", "Dereddened BP-RP", unit="mag", ucd="phot.color;em.opt"),
    vf.column("g0", "float32", "Dereddened G", unit="mag", ucd="phot.mag;em.opt"),
    vf.column("m_g", "float32", "Absolute magnitude in G", unit="mag", ucd="phys.magAbs;em.opt"),
    vf.column("ebv", "float32", "Reddening E(B-V), SFD scale", unit="mag", ucd="phot.color.excess"),
    vf.column("r_geo", "float32", "Distance", unit="pc", ucd="pos.distance"),
    vf.column("z", "float32", "Height above the Galactic plane", unit="kpc", ucd="pos.cartesian.z"),
)

VALIDATION = vf.TableSchema(
    description="[Fe/H] of cluster members against the clusters', and of very metal-poor stars against their labels",
    columns=(
        vf.column("test", "string", "cluster or carbon", ucd="meta.id"),
        vf.column("group", "string", "Cluster; or all, enhanced ([C/Fe] above carbon_enhanced), normal", ucd="meta.id"),
        vf.column("stars", "int64", "Stars after clipping (clusters) or in the group", ucd="meta.number"),
        vf.column("feh", "float32", "Mean [Fe/H] of the estimates", unit="dex", ucd="phys.abund.Fe;stat.mean"),
        vf.column("feh_label", "float32", "Mean [Fe/H] of the labels", unit="dex", ucd="phys.abund.Fe;stat.mean"),
        vf.column("difference", "float32", "feh minus feh_label", unit="dex", ucd="phys.abund.Fe;arith.diff"),
        vf.column(
            "scatter", "float32", "Standard deviation of the estimates (clusters), or of estimate minus label",
            unit="dex", ucd="stat.stdev",
        ),
        vf.column("sigma", "float32", "Median predicted error", unit="dex", ucd="stat.error;stat.median"),
        vf.column("slope", "float32", "Change of estimate minus label with [C/Fe] (carbon)", ucd="stat.fit.param"),
        vf.column("slope_error", "float32", "Standard error of slope", ucd="stat.error;stat.fit.param"),
    ),
)  # fmt: skip

SHOWN = tuple(c for c in QUANTITIES if c.name not in ("g0", "z"))
"""Columns of Table 2 that come with the features: gl, gb, excess factor, BP_RP0, G, M_G, EBV, rgeo."""
ESTIMATE = (
    *measured("feh", "Metallicity [Fe/H] from UA-CSNet", unit="dex", ucd="phys.abund.Fe"),
    vf.column(
        "feh_spread", "float32", "Standard deviation of [Fe/H] over the members of the ensemble: epistemic error",
        unit="dex", ucd="stat.stdev;phys.abund.Fe",
    ),
    vf.column(
        "hull_distance", "float32",
        "Distance to the nearest training star in the components of the spectra; 1 is that of a remote training star",
        ucd="stat.value",
    ),
    vf.column("flags", "int16", describe(Flag(sum(MEANING))), ucd="meta.code", nullable=False),
    vf.column("reliable", "bool", "E(B-V) below reliable_ebv, and no flag that tells against the estimate",
              ucd="meta.code"),
    vf.column("reliable_error", "bool", "reliable, and G below reliable_magnitude", ucd="meta.code"),
)  # fmt: skip
METALLICITIES = vf.TableSchema(
    description="Metallicities of red giants from Gaia XP spectra (Table 2 of Yang et al. 2025)",
    key="source_id",
    position=vf.Position(epoch=GAIA_EPOCH),
    columns=(*IDENTITY, *SHOWN, *ESTIMATE),
)

SIGMA_BINS = 5
"""Groups of equal size by predicted error, named sigma_1 (the smallest) to sigma_5."""
CALIBRATION = vf.TableSchema(
    description="[Fe/H] minus label for training and test stars, and how well the predicted errors cover it",
    columns=(
        vf.column("model", "string", "uacsnet, or unweighted: trained without cost weights", ucd="meta.id"),
        vf.column("part", "string", "training or test", ucd="meta.id"),
        vf.column("group", "string", "Group of stars (report_groups), or bin of the predicted error", ucd="meta.id"),
        vf.column("stars", "int64", "Number of stars", ucd="meta.number"),
        vf.column("bias", "float32", "Median of estimate minus label", unit="dex", ucd="stat.value"),
        vf.column("mean", "float32", "Mean of estimate minus label", unit="dex", ucd="stat.value"),
        vf.column("scatter", "float32", "1.4826 median absolute deviation of it", unit="dex", ucd="stat.stdev"),
        vf.column("deviation", "float32", "Standard deviation of it", unit="dex", ucd="stat.stdev"),
        vf.column("sigma", "float32", "Median predicted error", unit="dex", ucd="stat.error;stat.median"),
        vf.column("within_1", "float32", "Fraction within 1 sigma (0.683 for honest errors)", ucd="stat.value"),
        vf.column("within_2", "float32", "Fraction within 2 sigma (0.954)", ucd="stat.value"),
        vf.column("pull", "float32", "1.4826 median absolute deviation of residual over error (1)", ucd="stat.value"),
    ),
)
"""Errors of the labels, where they are known, are added to the predicted ones in quadrature."""
PASSED = ("flux", "flux_error", *(c.name for c in QUANTITIES), "flags")
