"""The products `parallax_zp_map_galactic` and `parallax_zp_map_equatorial`: offsets over the sky (Table 1)."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_parallax_zp.columns import CORR, NONCORR, offset_columns
from vacframe_parallax_zp.config import ParallaxZpConfig
from vacframe_parallax_zp.registry import plugin

_CENTRE = (
    vf.column("ra", "float64", "Right ascension of the pixel's centre", unit="deg", ucd="pos.eq.ra", nullable=False),
    vf.column("dec", "float64", "Declination of the pixel's centre", unit="deg", ucd="pos.eq.dec", nullable=False),
    vf.column("gl", "float64", "Galactic longitude of it", unit="deg", ucd="pos.galactic.lon", nullable=False),
    vf.column("gb", "float64", "Galactic latitude of it", unit="deg", ucd="pos.galactic.lat", nullable=False),
)
MAP_NEED = vf.all_rows(
    "zp_giants",
    ["source_id", "snr", "ra", "dec", "gl", "gb", CORR, NONCORR],
    where="astrometric_params_solved == 31",
)
"""Only five-parameter solutions enter the maps (section 3)."""


def map_schema(frame: str, config: ParallaxZpConfig) -> vf.TableSchema:
    """Return the schema of the map of HEALPix pixels in one frame."""
    return vf.TableSchema(
        description=f"Offsets of Gaia parallaxes (five-parameter solutions) in HEALPix pixels, {frame} coordinates",
        key="hindex",
        columns=(
            vf.column("hindex", "int64", "HEALPix pixel", ucd="pos.healpix", nullable=False, minimum=0),
            *_CENTRE,
            *offset_columns(config.distances, nullable=False),
        ),
    )


def galactic_grid(config: ParallaxZpConfig) -> vf.MapGrid:
    """Return the pixels of the Galactic map."""
    return vf.MapGrid(order=config.maps.order, frame="galactic", ordering=config.maps.ordering, pixel="hindex")


def galactic_schema(config: ParallaxZpConfig) -> vf.TableSchema:
    """Return the schema of the Galactic map."""
    return map_schema("Galactic", config)


def equatorial_schema(config: ParallaxZpConfig) -> vf.TableSchema:
    """Return the schema of the equatorial map."""
    return map_schema("equatorial", config)


def equatorial_grid(config: ParallaxZpConfig) -> vf.MapGrid:
    """Return the pixels of the equatorial map."""
    return vf.MapGrid(order=config.maps.order, frame="icrs", ordering=config.maps.ordering, pixel="hindex")


@plugin.product(
    "parallax_zp_map_galactic",
    kind="map",
    grid=galactic_grid,
    table=galactic_schema,
    needs=[MAP_NEED],
    method=vf.Method(libraries=("numba", "numpy", "healpy"), config_fields=("distances", "maps", "fit")),
)
def parallax_zp_map_galactic(inputs: Any, context: Any) -> Any:
    """Mean offset of Gaia parallaxes in each HEALPix pixel, Galactic coordinates."""
    from vacframe_parallax_zp.pixels import fit_map

    return fit_map(inputs["zp_giants"], "galactic", context.config)


@plugin.product(
    "parallax_zp_map_equatorial",
    kind="map",
    grid=equatorial_grid,
    table=equatorial_schema,
    needs=[MAP_NEED],
    method=vf.Method(libraries=("numba", "numpy", "healpy"), config_fields=("distances", "maps", "fit")),
)
def parallax_zp_map_equatorial(inputs: Any, context: Any) -> Any:
    """Mean offset of Gaia parallaxes in each HEALPix pixel, equatorial coordinates."""
    from vacframe_parallax_zp.pixels import fit_map

    return fit_map(inputs["zp_giants"], "equatorial", context.config)
