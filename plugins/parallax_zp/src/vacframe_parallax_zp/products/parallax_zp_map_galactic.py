"""The product `parallax_zp_map_galactic`: offsets over the sky (Table 1), Galactic coordinates."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_parallax_zp.config import ParallaxZpConfig
from vacframe_parallax_zp.map_columns import MAP_NEED, map_schema
from vacframe_parallax_zp.registry import plugin


def galactic_grid(config: ParallaxZpConfig) -> vf.MapGrid:
    """Return the pixels of the Galactic map."""
    return vf.MapGrid(order=config.maps.order, frame="galactic", ordering=config.maps.ordering, pixel="hindex")


def galactic_schema(config: ParallaxZpConfig) -> vf.TableSchema:
    """Return the schema of the Galactic map."""
    return map_schema("Galactic", config)


@plugin.product(
    "parallax_zp_map_galactic",
    kind="map",
    grid=galactic_grid,
    table=galactic_schema,
    needs=[MAP_NEED],
    method=vf.Method(libraries=("numba", "numpy", "healpy"), config_fields=("distances", "maps", "fit")),
)
def parallax_zp_map_galactic(inputs: vf.Inputs, context: vf.Context) -> Any:
    """Mean offset of Gaia parallaxes in each HEALPix pixel, Galactic coordinates."""
    from vacframe_parallax_zp.method.sky_offsets import fit_map

    return fit_map(inputs["zp_giants"], "galactic", context.config)
