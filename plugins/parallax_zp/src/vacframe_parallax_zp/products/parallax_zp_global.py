"""The product `parallax_zp_global`: global offsets of Gaia parallaxes, with what circularity they have."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_parallax_zp.columns import CORR, NONCORR
from vacframe_parallax_zp.registry import plugin

PARALLAX_ZP_GLOBAL = vf.TableSchema(
    description="Global offsets of Gaia parallaxes from the parallaxes of the giants",
    columns=(
        vf.column("solution", "int8", "Parameters solved for: 5 or 6", ucd="meta.number", nullable=False),
        vf.column(
            "correction", "string", "raw, or corrected after Lindegren et al. (2021b)", ucd="meta.code", nullable=False
        ),
        vf.column(
            "sample",
            "string",
            "giants (as configured), or other_parallax_cut: the cut on the parallax made on the other of the two, "
            "Gaia's or the giants'",
            ucd="meta.id",
            nullable=False,
        ),
        vf.column("n", "int64", "Stars", ucd="meta.number", nullable=False),
        vf.column("offset", "float64", "Median offset", unit="uas", ucd="pos.parallax;arith.diff;stat.median"),
        vf.column(
            "offset_error",
            "float64",
            "Its error: standard deviation of the medians of bootstrap samples, drawn with the build's seed",
            unit="uas",
            ucd="stat.error",
        ),
        vf.column("scatter", "float64", "1.4826 x median absolute deviation", unit="uas", ucd="stat.stdev"),
        vf.column("mean", "float64", "Mean of the Gaussian fit", unit="uas", ucd="pos.parallax;arith.diff;stat.mean"),
        vf.column("mean_error", "float64", "sigma / sqrt(n)", unit="uas", ucd="stat.error"),
        vf.column("sigma", "float64", "Standard deviation of the Gaussian fit", unit="uas", ucd="stat.stdev"),
        vf.column("parallax_giant", "float64", "Median parallax of the giants", unit="mas", ucd="pos.parallax"),
        vf.column("distances", "string", "Product that the distances come from", ucd="meta.id", nullable=False),
        vf.column(
            "circularity",
            "string",
            "How the distances rest on Gaia parallaxes: independent; training, a relation learned from nearer stars' "
            "parallaxes; direct, each star's own parallax (then the offset measures the method, not Gaia); unknown",
            ucd="meta.note",
            nullable=False,
        ),
        vf.column(
            "hidden_fraction",
            "float64",
            "Fraction of a zero point common to all stars that the distances take over, so that the offset lacks it: 0 "
            "independent, parallax_giant / training parallax, 1 direct, null unknown",
            ucd="stat.value",
        ),
    ),
)


@plugin.product(
    "parallax_zp_global",
    kind="whole",
    table=PARALLAX_ZP_GLOBAL,
    needs=[
        vf.all_rows(
            "zp_candidates",
            ["source_id", "snr", "astrometric_params_solved", CORR, NONCORR, "parallax_giant", "cuts_failed"],
            where="cuts_failed == 0 or cuts_failed == 128 or cuts_failed == 2",
        )
    ],
    method=vf.Method(libraries=("numba", "numpy", "scipy"), config_fields=("distances", "global_fit", "bootstraps")),
)
def parallax_zp_global(inputs: vf.Inputs, context: vf.Context) -> dict[str, list[Any]]:
    """Global offsets of Gaia parallaxes with bootstrap errors, before and after Lindegren et al. (2021b)."""
    from vacframe_parallax_zp.method.offsets import global_offsets

    return global_offsets(inputs["zp_candidates"], context)
