"""The product `parallax_zp_trends`: offsets against magnitude, colour and ecliptic latitude."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_parallax_zp.columns import CORR, NONCORR, offset_columns
from vacframe_parallax_zp.config import ParallaxZpConfig
from vacframe_parallax_zp.registry import plugin

_BINS = (
    vf.column(
        "variable", "string", "phot_g_mean_mag (mag), nu_eff or pseudocolour (1/um), sin_ecl_lat", ucd="meta.id",
        nullable=False,
    ),
    vf.column("solution", "int8", "Parameters solved for: 5 or 6", ucd="meta.number", nullable=False),
    vf.column("low", "float64", "Lower end of the bin, in the variable's unit", ucd="stat.value", nullable=False),
    vf.column("high", "float64", "Upper end of the bin", ucd="stat.value", nullable=False),
    vf.column("middle", "float64", "Median of the stars in the bin", ucd="stat.value", nullable=False),
)  # fmt: skip


def trends_schema(config: ParallaxZpConfig) -> vf.TableSchema:
    """Return the schema of the bins."""
    return vf.TableSchema(
        description="Offsets of Gaia parallaxes in bins of magnitude, colour and ecliptic latitude",
        columns=(*_BINS, *offset_columns(config.distances)),
    )


@plugin.product(
    "parallax_zp_trends",
    kind="whole",
    table=trends_schema,
    needs=[
        vf.all_rows(
            "zp_giants",
            ["source_id", "snr", "astrometric_params_solved", "phot_g_mean_mag", "colour", "ecl_lat", CORR, NONCORR],
        )
    ],
    method=vf.Method(libraries=("numba", "numpy"), config_fields=("distances", "trends", "fit")),
)
def parallax_zp_trends(inputs: vf.Inputs, context: vf.Context) -> Any:
    """Offsets of Gaia parallaxes in bins of G, nu_eff or pseudocolour, and sin(ecliptic latitude)."""
    from vacframe_parallax_zp.method.offsets import trends

    return trends(inputs["zp_giants"], context.config)
