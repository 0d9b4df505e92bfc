"""Product `xp_validation`: star clusters, and very metal-poor stars with and without carbon enhancement."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe.schemas.labels import CLUSTER_MEMBERS, SAGA_LABELS
from vacframe_xp_uacsnet.columns import VALIDATION
from vacframe_xp_uacsnet.config import XpUacsnetConfig
from vacframe_xp_uacsnet.registry import plugin


def _needs(config: XpUacsnetConfig) -> Iterator[vf.Need]:
    columns = ["source_id", "feh", "feh_error", "bp_rp0"]
    yield vf.all_rows("xp_metallicities", columns, where=f"ebv < {config.reliable_ebv!r}")
    members = [CLUSTER_MEMBERS[n] for n in ("source_id", "cluster", "feh")]
    yield vf.all_rows("cluster_members", members, optional=True)
    if config.carbon_labels:
        carbon = [SAGA_LABELS[n] for n in ("source_id", "feh", "c_fe")]
        yield vf.all_rows(config.carbon_labels, carbon, optional=True)


@plugin.product(
    "xp_validation",
    kind="whole",
    table=VALIDATION,
    needs=_needs,
    method=vf.Method(
        libraries=("numpy",),
        config_fields=("reliable_ebv", "carbon_labels", "carbon_enhanced", "vmp", "cluster_colour"),
        exactness=vf.Exactness.tolerance,
    ),
)
def xp_validation(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Clusters against their literature [Fe/H]; very metal-poor stars against labels, by carbon enhancement."""
    from vacframe_xp_uacsnet.method.external_tests import validate

    return validate(inputs, context.config)
