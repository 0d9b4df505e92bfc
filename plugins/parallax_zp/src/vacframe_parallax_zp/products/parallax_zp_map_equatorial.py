"""The product `parallax_zp_map_equatorial`: offsets over the sky, equatorial coordinates."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_parallax_zp.config import ParallaxZpConfig
from vacframe_parallax_zp.map_columns import MAP_NEED, map_schema
from vacframe_parallax_zp.registry import plugin


def equatorial_schema(config: ParallaxZpConfig) -> vf.TableSchema:
    """Return the schema of the equatorial map."""
    return map_schema("equatorial", config)


def equatorial_grid(config: ParallaxZpConfig) -> vf.MapGrid:
    """Return the pixels of the equatorial map."""
    return vf.MapGrid(order=config.maps.order, frame="icrs", ordering=config.maps.ordering, pixel="hindex")


@plugin.product(
    "parallax_zp_map_equatorial",
    kind="map",
    grid=equatorial_grid,
    table=equatorial_schema,
    needs=[MAP_NEED],
    method=vf.Method(libraries=("numba", "numpy", "healpy"), config_fields=("distances", "maps", "fit")),
)
def parallax_zp_map_equatorial(inputs: vf.Inputs, context: vf.Context) -> Any:
    """Mean offset of Gaia parallaxes in each HEALPix pixel, equatorial coordinates."""
    from vacframe_parallax_zp.method.sky_offsets import fit_map

    return fit_map(inputs["zp_giants"], "equatorial", context.config)
