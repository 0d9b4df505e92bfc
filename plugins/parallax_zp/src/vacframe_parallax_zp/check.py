"""The product `parallax_zp_check`: the giants' parallaxes against second distances (red-clump stars in the paper)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.lamost import LAMOST_STARS
from vacframe_parallax_zp.columns import distance_columns
from vacframe_parallax_zp.config import ParallaxZpConfig
from vacframe_parallax_zp.registry import plugin

PARALLAX_ZP_CHECK = vf.TableSchema(
    description="Parallax of the giants minus that of second distances of the same stars, all and in bins",
    columns=(
        vf.column("low", "float64", "Lower end of the bin in the second parallax", unit="mas", ucd="stat.value"),
        vf.column("high", "float64", "Upper end of it; null in the first row: all stars", unit="mas", ucd="stat.value"),
        vf.column("n", "int64", "Stars", ucd="meta.number", nullable=False),
        vf.column("parallax", "float64", "Median of the second parallax", unit="mas", ucd="pos.parallax;stat.median"),
        vf.column("offset", "float64", "Median difference", unit="uas", ucd="pos.parallax;arith.diff"),
        vf.column("offset_error", "float64", "Its error, by bootstrap", unit="uas", ucd="stat.error"),
        vf.column("scatter", "float64", "1.4826 x median absolute deviation", unit="uas", ucd="stat.stdev"),
        vf.column("std", "float64", "Standard deviation of the Gaussian fit", unit="uas", ucd="stat.stdev"),
        vf.column("relative", "float64", "Median of difference over second parallax", ucd="stat.value"),
        vf.column("distances", "string", "First product", ucd="meta.id", nullable=False),
        vf.column("second_distances", "string", "Second product", ucd="meta.id", nullable=False),
        vf.column("circularity", "string", "How the second distances rest on Gaia parallaxes", ucd="meta.note"),
    ),
)


def _needs(config: ParallaxZpConfig) -> Iterator[vf.Need]:
    second = config.second_distances
    of_spectra = second is not None and second.key == "obsid"
    yield vf.all_rows("zp_giants", [*(["obsid"] if of_spectra else []), "source_id", "snr", "parallax_giant"])
    if second is not None:
        key = LAMOST_STARS["obsid"] if of_spectra else GAIA_SOURCES["source_id"]
        yield vf.all_rows(second.product, [key, *distance_columns(second)])


@plugin.product(
    "parallax_zp_check",
    kind="whole",
    table=PARALLAX_ZP_CHECK,
    needs=_needs,
    method=vf.Method(
        libraries=("numba", "numpy", "scipy"),
        config_fields=("distances", "second_distances", "check", "global_fit", "bootstraps"),
    ),
)
def parallax_zp_check(inputs: Any, context: Any) -> Any:
    """Parallaxes of the giants against second distances; no rows where ``second_distances`` is not set."""
    from vacframe_parallax_zp.comparison import compare_distances

    return compare_distances(inputs, context)
