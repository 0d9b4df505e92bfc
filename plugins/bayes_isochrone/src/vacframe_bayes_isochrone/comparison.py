"""Products `isochrone_comparison` and `isochrone_validation`: estimates beside asteroseismology and clusters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe.schemas.labels import ASTEROSEISMIC_LABELS, CLUSTER_MEMBERS
from vacframe_bayes_isochrone.columns import HEAD, QUANTITIES, estimates_schema, observables_schema
from vacframe_bayes_isochrone.registry import plugin

REFERENCES = {"asteroseismic_labels": ("mass", "age"), "cluster_members": ("age", "distance")}
"""Product with reference values → which quantities it has."""
COMPARED = ("mass", "age", "distance")


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
def isochrone_comparison(inputs: Any, context: Any) -> dict[str, Any]:
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


_VALIDATION = vf.TableSchema(
    description="How far estimates are from asteroseismic and cluster values: (estimate - reference) / reference",
    columns=(
        vf.column("reference", "string", "Product that the reference values are from", ucd="meta.ref"),
        vf.column("quantity", "string", "What is compared", ucd="meta.id"),
        vf.column("n", "int64", "Number of stars", ucd="meta.number"),
        vf.column("median", "float64", "Median fractional difference", ucd="stat.value"),
        vf.column("p16", "float64", "16th percentile", ucd="stat.value"),
        vf.column("p84", "float64", "84th percentile", ucd="stat.value"),
        vf.column("half_width", "float64", "Half of p84 - p16", ucd="stat.stdev"),
        vf.column("quoted_error", "float64", "Median of the estimates' own relative errors", ucd="stat.error"),
    ),
)


@plugin.product(
    "isochrone_validation",
    table=_VALIDATION,
    kind="whole",
    needs=[
        vf.all_rows(
            "isochrone_comparison",
            ["reference", "logg", "flag", *(f"{n}{s}" for n in COMPARED for s in ("", "_error", "_reference"))],
        )
    ],
    method=vf.Method(config_fields=("giant_logg",)),
)
def isochrone_validation(inputs: Any, context: Any) -> dict[str, Any]:
    """Median and scatter of estimates against asteroseismology and clusters, for log g below `giant_logg`."""
    import numpy as np

    stars = inputs["isochrone_comparison"]
    giant = stars["logg"] < context.config.giant_logg
    rows: dict[str, list[Any]] = {c.name: [] for c in _VALIDATION.columns}
    for product, quantities in REFERENCES.items():
        for name in quantities:
            estimate, truth = stars[name], stars[f"{name}_reference"]
            use = giant & (stars["reference"] == product) & np.isfinite(estimate) & (truth > 0)
            if not use.any():
                continue
            low, middle, high = np.percentile(estimate[use].astype(np.float64) / truth[use] - 1, [16, 50, 84])
            quoted = np.median(stars[f"{name}_error"][use] / estimate[use])
            found = (product, name, int(use.sum()), middle, low, high, (high - low) / 2, float(quoted))
            for column, value in zip(rows, found, strict=True):
                rows[column].append(value)
    return rows
