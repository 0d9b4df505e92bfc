"""The product `parallax_zp_check`: the giants' parallaxes against second distances (red-clump stars in the paper)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.lamost import LAMOST_STARS
from vacframe_parallax_zp.columns import PARALLAX_ZP_CHECK, distance_columns
from vacframe_parallax_zp.config import ParallaxZpConfig
from vacframe_parallax_zp.registry import plugin


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
def parallax_zp_check(inputs: vf.Inputs, context: vf.Context) -> Any:
    """Parallaxes of the giants against second distances; no rows where ``second_distances`` is not set."""
    from vacframe_parallax_zp.method.distance_comparison import compare_distances

    return compare_distances(inputs, context)
