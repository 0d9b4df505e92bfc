"""Product `isochrone_comparison`: estimates beside asteroseismology and clusters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


def _schema(config: BayesIsochroneConfig) -> vf.TableSchema:
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


def _needs(config: BayesIsochroneConfig) -> Iterator[vf.Need]:
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
    from vacframe_bayes_isochrone.method.reference_comparison import beside_references

    return beside_references(inputs)
