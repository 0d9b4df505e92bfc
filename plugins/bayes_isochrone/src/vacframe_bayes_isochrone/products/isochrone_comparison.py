"""Product `isochrone_comparison`: estimates beside asteroseismic and cluster values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.labels import ASTEROSEISMIC_LABELS, CLUSTER_MEMBERS
from vacframe_bayes_isochrone.columns import (
    COMPARED,
    HEAD,
    QUANTITIES,
    REFERENCES,
    estimates_schema,
    observables_schema,
)
from vacframe_bayes_isochrone.registry import plugin


def _schema(config: Any) -> vf.TableSchema:
    estimates = estimates_schema(config)
    columns = [vf.column("reference", "string", "Product that the reference values are from", ucd="meta.ref")]
    for name in COMPARED:
        text, unit, ucd = QUANTITIES[name]
        columns += [estimates[name], estimates[f"{name}_error"]]
        columns.append(vf.column(f"{name}_reference", "float32", f"{text}: reference", unit=unit, ucd=ucd))
    return vf.TableSchema(
        description="Estimates of stars with asteroseismic or cluster values, beside those",
        key="source_id",
        position=vf.Position(epoch=None),
        columns=(*HEAD, *columns, observables_schema(config)["logg"], estimates["flag"]),
    )


def _needs(config: Any) -> Iterator[vf.Need]:
    estimates = estimates_schema(config)
    wanted = ["source_id", "ra", "dec", *(f"{n}{s}" for n in COMPARED for s in ("", "_error")), "flag"]
    yield vf.same("bayes_isochrone", [estimates[n] for n in wanted])
    yield vf.same("isochrone_observables", [observables_schema(config)["logg"]])
    for product, schema in (("asteroseismic_labels", ASTEROSEISMIC_LABELS), ("cluster_members", CLUSTER_MEMBERS)):
        columns = [schema["source_id"], *(schema[n] for n in REFERENCES[product])]
        yield vf.by_key(product, columns, on="source_id", optional=True)


@plugin.product(
    "isochrone_comparison",
    table=_schema,
    needs=_needs,
    method=vf.Method(config_fields=("prior", "components", "bands")),
)
def isochrone_comparison(inputs: vf.Inputs, context: vf.Context) -> dict[str, Any]:
    """Estimates of stars with asteroseismic or cluster values, beside those."""
    import numpy as np

    estimates, observed = inputs["bayes_isochrone"], inputs["isochrone_observables"]
    keys = estimates["source_id"]
    reference = np.full(len(keys), "", dtype=object)
    values = {name: np.full(len(keys), np.nan) for name in COMPARED}
    for product, quantities in REFERENCES.items():
        place = inputs[product].match("source_id", keys)
        new = (place >= 0) & (reference == "")
        reference[new] = product
        for name in quantities:
            values[name][new] = inputs[product][name][place[new]]
    rows = np.flatnonzero(reference != "")
    table: dict[str, Any] = {name: estimates[name][rows] for name in estimates}
    table |= {f"{name}_reference": column[rows] for name, column in values.items()}
    return table | {"reference": reference[rows], "logg": observed["logg"][rows]}
