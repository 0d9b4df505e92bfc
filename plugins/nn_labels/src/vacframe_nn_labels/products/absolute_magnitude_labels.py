"""The product `absolute_magnitude_labels`: absolute magnitudes of near, hardly reddened stars, to learn from."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.parts import measured
from vacframe.schemas.photometry import GEOMETRIC_DISTANCES
from vacframe_nn_labels.bands import REDDENING_COLUMNS, magnitude_columns, magnitude_ucd
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin

DISTANCE_COLUMNS: dict[str, tuple[vf.Column, ...]] = {
    "geometric_distances": tuple(GEOMETRIC_DISTANCES[n] for n in ("r_med_geo", "r_lo_geo", "r_hi_geo")),
    "gaia_parallax_l21": (
        vf.column("parallax_corrected", "float64", "Parallax minus zero point", unit="mas"),
        GAIA_SOURCES["parallax_error"],
    ),
    "gaia_sources": (GAIA_SOURCES["parallax"], GAIA_SOURCES["parallax_error"]),
}
"""What distances and their errors are computed from; the error of a corrected parallax is that of `gaia_sources`."""


def magnitude_labels_schema(config: NnLabelsConfig) -> vf.TableSchema:
    """Return the schema of `absolute_magnitude_labels`."""
    origin = config.absolute_magnitudes.distances
    return vf.TableSchema(
        description="Absolute magnitudes of near stars at high Galactic latitude",
        key="source_id",
        position=vf.Position(epoch=2016.0),
        columns=(
            *(GAIA_SOURCES[name] for name in ("source_id", "ra", "dec")),
            *measured("distance", f"Distance ({origin})", unit="kpc", ucd="pos.distance"),
            vf.column("ebv", "float32", "E(B-V) that was taken out, SFD scale", unit="mag", ucd="phot.color.excess"),
            *(
                column
                for label, band in config.absolute_magnitudes.bands.items()
                for column in measured(label, f"Absolute magnitude, band {band}", unit="mag", ucd=magnitude_ucd(band))
            ),
        ),
    )


def _needs(config: NnLabelsConfig) -> list[vf.Need]:
    options = config.absolute_magnitudes
    columns = magnitude_columns(options.bands.values())
    gaia = {c.name: c for c in columns.pop("gaia_sources", ())}
    gaia |= {n: GAIA_SOURCES[n] for n in ("source_id", "ra", "dec")}
    needs = [vf.by_key(product, ["source_id", *read], on="source_id") for product, read in columns.items()]
    distance = {c.name: c for c in DISTANCE_COLUMNS[options.distances]}
    if options.distances != "geometric_distances":
        gaia["parallax_error"] = distance.pop("parallax_error")
    if options.distances == "gaia_sources":
        gaia |= distance
    else:
        needs.append(vf.by_key(options.distances, ["source_id", *distance.values()], on="source_id"))
    needs.append(vf.all_rows("reddening_map", REDDENING_COLUMNS))
    return [vf.same("gaia_sources", gaia.values()), *needs]


@plugin.product(
    "absolute_magnitude_labels",
    table=magnitude_labels_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=1000),
    method=vf.Method(libraries=("healpy", "numpy"), config_fields=("absolute_magnitudes",)),
)
def absolute_magnitude_labels(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Absolute magnitudes from photometry, distances and a reddening map, of stars that pass the cuts on all three."""
    from vacframe_nn_labels.method.absolute_magnitudes import label_magnitudes

    return label_magnitudes(inputs, context.config.absolute_magnitudes)
