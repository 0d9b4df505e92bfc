"""The product `gaia_parallax_spatial`: parallaxes corrected by position."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe_parallax_zp.columns import CORR, NONCORR
from vacframe_parallax_zp.config import ParallaxZpConfig
from vacframe_parallax_zp.registry import plugin


def spatial_schema(config: ParallaxZpConfig) -> vf.TableSchema:
    """Return the schema of `gaia_parallax_spatial`."""
    return vf.TableSchema(
        description="Gaia parallaxes with the spatially dependent correction of Wang, Yuan & Huang (2021)",
        key="source_id",
        position=GAIA_SOURCES.position,
        columns=(
            *(GAIA_SOURCES[name] for name in ("source_id", "ra", "dec")),
            vf.column(
                "parallax_spatial",
                "float64",
                "Corrected parallax; where spatial_flag is 2 or 3, after Lindegren et al. (2021b) alone",
                unit="mas",
                ucd="pos.parallax.trig",
            ),
            vf.column(
                "parallax_spatial_error",
                "float64",
                "sqrt(parallax_error**2 + spatial_offset_error**2)",
                unit="mas",
                ucd="stat.error;pos.parallax.trig",
            ),
            vf.column(
                "spatial_offset",
                "float64",
                f"Offset of the map that was subtracted ({config.distances.statement}); null where none was",
                unit="uas",
                ucd="pos.parallax;arith.diff",
            ),
            vf.column("spatial_offset_error", "float64", "Its error", unit="uas", ucd="stat.error"),
            vf.column(
                "spatial_flag",
                "int8",
                "0 the pixel's own value; 1 interpolated from neighbouring pixels; 2 outside the footprint of the map, "
                "Lindegren et al. (2021b) alone; 3 six-parameter solution, the same; 4 no parallax or no zero point",
                ucd="meta.code.qual",
                nullable=False,
                minimum=0,
                maximum=4,
            ),
            vf.column(
                "zero_point_flag",
                "int8",
                "That of gaia_parallax_l21",
                ucd="meta.code.qual",
                nullable=False,
            ),
        ),
    )


def _needs(config: ParallaxZpConfig) -> Iterator[vf.Need]:
    names = ("ra", "dec", "parallax", "parallax_error", "astrometric_params_solved")
    yield vf.same("gaia_sources", [GAIA_SOURCES[name] for name in names])
    yield vf.same("gaia_parallax_l21", ["parallax_corrected", "zero_point_flag"])
    column = CORR if config.spatial.correction == "corr" else NONCORR
    yield vf.all_rows(f"parallax_zp_map_{config.spatial.map}", ["hindex", column, f"{column}_error"])


@plugin.product(
    "gaia_parallax_spatial",
    table=spatial_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=200),
    method=vf.Method(libraries=("numpy", "healpy"), config_fields=("distances", "maps", "spatial")),
)
def gaia_parallax_spatial(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Gaia parallaxes corrected after Lindegren et al. (2021b) and for what that leaves over the sky."""
    from vacframe_parallax_zp.method.position_correction import correct_by_position

    return correct_by_position(inputs, context.config)
