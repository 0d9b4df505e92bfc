"""Product `xp_sampled`: XP spectra on the default wavelength grid."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.gaia import GAIA_EPOCH, GAIA_XP_SPECTRA
from vacframe.schemas.parts import identifier, positions
from vacframe_xp_uacsnet.registry import plugin
from vacframe_xp_uacsnet.wavelength_grid import SAMPLES

FLUX_UNIT = "W / (nm m2)"
STARS = (
    vf.column("ebv", "float32", "Reddening E(B-V), SFD scale", unit="mag", ucd="phot.color.excess"),
    vf.column("parallax", "float64", "Parallax", unit="mas", ucd="pos.parallax.trig"),
    vf.column("logg", "float32", "Surface gravity, log10 of cm s-2", unit="dex", ucd="phys.gravity"),
    vf.column("phot_g_mean_mag", "float32", "Mean magnitude in G", unit="mag", ucd="phot.mag;em.opt"),
    vf.column("phot_bp_mean_mag", "float32", "Mean magnitude in BP", unit="mag", ucd="phot.mag;em.opt.B"),
    vf.column("phot_rp_mean_mag", "float32", "Mean magnitude in RP", unit="mag", ucd="phot.mag;em.opt.R"),
    vf.column("phot_bp_rp_excess_factor", "float32", "BP/RP flux excess factor", ucd="arith.factor;phot.flux;em.opt"),
)
"""Columns of the stars that a user's file of sampled spectra may have, and the configuration may then use."""
SPECTRUM = (
    vf.column("flux", "float32", "Flux at 336, 338, ... 1020 nm (vacuum)", unit=FLUX_UNIT, length=SAMPLES,
              ucd="phot.flux.density;em.wl"),
    vf.column("flux_error", "float32", "Standard error of flux", unit=FLUX_UNIT, length=SAMPLES,
              ucd="stat.error;phot.flux.density;em.wl"),
)  # fmt: skip
MADE = (
    *SPECTRUM,
    vf.column("has_bp", "bool", "The source has a BP spectrum", ucd="meta.code"),
    vf.column("has_rp", "bool", "The source has an RP spectrum", ucd="meta.code"),
    vf.column(
        "full_covariance", "bool", "flux_error takes the correlations of the coefficients into account", ucd="meta.code"
    ),
)

XP_SAMPLED = vf.TableSchema(
    description="Gaia XP spectra sampled at 336, 338, ... 1020 nm, externally calibrated",
    key="source_id",
    position=vf.Position(epoch=GAIA_EPOCH),
    open=True,
    columns=(
        identifier("source_id", "Gaia source identifier, unique within a data release"),
        *positions("epoch 2016.0"),
        *MADE,
    ),
)
"""A user's own file of sampled spectra, ``[sources.xp_sampled]``, may have further columns, those of `STARS` too."""

_COLUMNS = tuple(
    GAIA_XP_SPECTRA[f"{band}_{name}"]
    for band in ("bp", "rp")
    for name in ("coefficients", "coefficient_errors", "coefficient_correlations", "n_relevant_bases")
)


@plugin.product(
    "xp_sampled",
    table=XP_SAMPLED,
    needs=[vf.same("gaia_xp_spectra", _COLUMNS)],
    row_wise=True,
    citation="De Angeli et al. 2023, A&A 674, A2; GaiaXPy (Ruz-Mieres 2022, doi:10.5281/zenodo.6674521)",
    resources=vf.Resources(row_bytes=30_000),
    method=vf.Method(libraries=("GaiaXPy", "numpy"), config_fields=("truncate",)),
)
def xp_sampled(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """XP spectra on GaiaXPy's default grid, flux and error; NaN where neither band reaches."""
    from vacframe_xp_uacsnet.method.sampling import sample

    return sample(inputs["gaia_xp_spectra"], truncate=context.config.truncate)
