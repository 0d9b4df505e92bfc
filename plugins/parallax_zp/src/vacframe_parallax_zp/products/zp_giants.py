"""The product `zp_giants`: the selected sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe_parallax_zp.columns import candidates_schema
from vacframe_parallax_zp.config import ParallaxZpConfig
from vacframe_parallax_zp.registry import plugin

SELECTED = "cuts_failed == 0 or cuts_failed == 128"
"""Which candidates are giants of the sample: bit 7 (128) is the parallax cut that was not chosen."""


def _all_columns(config: ParallaxZpConfig) -> Iterator[vf.Need]:
    yield vf.same("zp_candidates", candidates_schema(config).names, where=SELECTED)


@plugin.product(
    "zp_giants",
    table=candidates_schema,
    needs=_all_columns,
    row_wise=True,
    companions=("zp_giants_counts",),
    method=vf.Method(config_fields=("distances",)),
)
def zp_giants(inputs: vf.Inputs, context: vf.Context) -> Any:
    """Select the giants that fulfil every cut of section 2.1 of the paper."""
    return inputs["zp_candidates"].arrow
