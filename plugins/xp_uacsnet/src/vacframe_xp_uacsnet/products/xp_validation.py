"""Product `xp_validation`: star clusters, and very metal-poor stars with and without carbon enhancement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.labels import CLUSTER_MEMBERS, SAGA_LABELS
from vacframe_xp_uacsnet.config import XpUacsnetConfig
from vacframe_xp_uacsnet.registry import plugin

VALIDATION = vf.TableSchema(
    description="[Fe/H] of cluster members against the clusters', and of very metal-poor stars against their labels",
    columns=(
        vf.column("test", "string", "cluster or carbon", ucd="meta.id"),
        vf.column("group", "string", "Cluster; or all, enhanced ([C/Fe] above carbon_enhanced), normal", ucd="meta.id"),
        vf.column("stars", "int64", "Stars after clipping (clusters) or in the group", ucd="meta.number"),
        vf.column("feh", "float32", "Mean [Fe/H] of the estimates", unit="dex", ucd="phys.abund.Fe;stat.mean"),
        vf.column("feh_label", "float32", "Mean [Fe/H] of the labels", unit="dex", ucd="phys.abund.Fe;stat.mean"),
        vf.column("difference", "float32", "feh minus feh_label", unit="dex", ucd="phys.abund.Fe;arith.diff"),
        vf.column(
            "scatter", "float32", "Standard deviation of the estimates (clusters), or of estimate minus label",
            unit="dex", ucd="stat.stdev",
        ),
        vf.column("sigma", "float32", "Median predicted error", unit="dex", ucd="stat.error;stat.median"),
        vf.column("slope", "float32", "Change of estimate minus label with [C/Fe] (carbon)", ucd="stat.fit.param"),
        vf.column("slope_error", "float32", "Standard error of slope", ucd="stat.error;stat.fit.param"),
    ),
)  # fmt: skip


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
def xp_validation(inputs: vf.Inputs, context: vf.Context) -> dict[str, list[Any]]:
    """Clusters against their literature [Fe/H]; very metal-poor stars against labels, by carbon enhancement."""
    from vacframe_xp_uacsnet.method.clusters_and_carbon import validate

    rows = validate(inputs, context.config)
    return {name: [row[name] for row in rows] for name in VALIDATION.names}
