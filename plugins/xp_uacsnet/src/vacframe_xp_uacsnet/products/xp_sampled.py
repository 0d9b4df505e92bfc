"""Product `xp_sampled`: XP spectra on the default wavelength grid."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.gaia import GAIA_EPOCH, GAIA_XP_SPECTRA
from vacframe_xp_uacsnet.columns import IDENTITY, SPECTRUM
from vacframe_xp_uacsnet.registry import plugin

XP_SAMPLED = vf.TableSchema(
    description="Gaia XP spectra sampled at 336, 338, ... 1020 nm, externally calibrated",
    key="source_id",
    position=vf.Position(epoch=GAIA_EPOCH),
    open=True,
    columns=(
        *IDENTITY,
        *SPECTRUM,
        vf.column("has_bp", "bool", "The source has a BP spectrum", ucd="meta.code"),
        vf.column("has_rp", "bool", "The source has an RP spectrum", ucd="meta.code"),
        vf.column(
            "full_covariance", "bool", "flux_error takes the correlations of the coefficients into account",
            ucd="meta.code",
        ),
    ),
)  # fmt: skip
"""A user's own file of sampled spectra, ``[sources.xp_sampled]``, may have further columns, those of
`SPECTRUM_STARS` in `columns` too."""

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
    from vacframe_xp_uacsnet.method.sampled_spectra import sample

    return sample(inputs["gaia_xp_spectra"], truncate=context.config.truncate)
