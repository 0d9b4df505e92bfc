"""What the command line prints of plans, builds and closures."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from vacframe.cli.render import print_facts, print_json, print_table, settings, title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from vacframe.core.execution.outcome import BuildReport
    from vacframe.core.planning.plan import Plan
    from vacframe.report.closure import Closure
    from vacframe.report.scorecard import Scorecard
    from vacframe.workspace import Workspace

MOST_FILES = 5
"""So many files are listed of those that a product was read from."""


def show_plan(found: Plan, as_json: bool) -> None:
    """Print what a build would do: one line per product, with the commonest reasons."""
    if as_json:
        print_json(found.to_json())
        return
    kinds = ("fresh", "adopt", "run", "maybe")
    rows = []
    for product in found.products:
        tasks = [t for t in found.tasks if t.product == product["name"]]
        reasons: dict[str, int] = {}
        for task in tasks:
            if task.action in ("run", "maybe"):
                text = ": ".join(str(p) for p in (task.reason.kind, task.reason.detail) if p)
                reasons[text] = reasons.get(text, 0) + 1
        common = sorted(reasons, key=lambda r: -reasons[r])
        shown = "; ".join(common[:2]) + (f"; and {len(common) - 2} more reasons" if len(common) > 2 else "")
        rows.append((product["name"], product["provider"], *(sum(t.action == k for t in tasks) for k in kinds), shown))
    print_table(("product", "provider", *kinds, "why"), rows)


def show_report(report: BuildReport, space: Workspace) -> None:
    """Print what a build did: products, rows left out, companions; failures on standard error."""
    heads = ("product", "provider", "ran", "adopted", "fresh", "failed", "rows", "rejects", "seconds", "device")
    rows = [
        (p.name, p.provider, p.ran, p.adopted, p.fresh, p.failed, p.rows, sum(p.rejects.values()), p.seconds, p.device)
        for p in report.products
    ]
    print_table(heads, [[round(v, 1) if isinstance(v, float) else v for v in row] for row in rows])
    rejected = [
        (p.name, reason, n, _example(space, p.name, reason)) for p in report.products for reason, n in p.rejects.items()
    ]
    if rejected:
        title("rows left out")
        print_table(("product", "reason", "rows", "one of them"), rejected)
    built = {p.name for p in report.products if p.version}
    for name in (c for c in report.companions if c in built):
        title(name)
        table = space.read(name)
        print_table(table.column_names, [list(row.values()) for row in table.to_pylist()], empty="no rows")
    sys.stdout.flush()
    for failure in report.failures:
        print(f"\nFAILED {failure.product} {failure.part}: {failure.error}", file=sys.stderr)
        for label, path in (("log", failure.log), ("run it again with: vacframe rerun", failure.capsule)):
            if path:
                print(f"  {label} {path}", file=sys.stderr)
    incomplete = [p.name for p in report.products if p.blocked or p.failed or p.missing]
    state = "done" if report.ok else f"not complete: {', '.join(incomplete)}; what succeeded is kept;"
    print(f"\n{state} {report.seconds:.1f} s (build {report.build_id})")


def _example(space: Workspace, product: str, reason: str) -> str:
    """Return file (or key) and detail of the first row that a product left out for this reason."""
    import pyarrow.compute as pc

    table = space.rejects(product)
    row = table.filter(pc.equal(table["reason"], reason)).slice(0, 1).to_pylist()
    return ": ".join(str(row[0][n]) for n in ("file", "key", "detail") if row[0].get(n)) if row else ""


def show_settings(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Print the settings of a plugin that differ from its defaults, one a line."""
    found = settings(config, defaults)
    if config:
        title("settings that differ from the defaults" if found else "all settings are the defaults")
        print_facts(found)


def show_product(found: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Print what is known of a built product: facts, how it was made, its settings, first rows."""
    facts = {k: v for k, v in found.items() if k not in ("head", "provenance")}
    made = dict(found["provenance"])
    config, files = made.pop("config", {}), made.pop("files", {})
    print_facts({k: v for k, v in facts.items() if v not in (None, "", [], {})})
    title("provenance")
    print_facts({k: v for k, v in made.items() if v not in (None, "", [], {})})
    if files:
        title("files read, with their digests")
        print_facts(dict(list(files.items())[:MOST_FILES]))
        if len(files) > MOST_FILES:
            print(f"and {len(files) - MOST_FILES:,} more, which --json lists")
    show_settings(config, defaults)
    if head := found["head"]:
        title("first rows")
        print_table(list(head[0]), [list(row.values()) for row in head])


_NUMBERS = (
    "number", "bias", "scatter", "p16", "p84", "unit", "outliers", "pull_bias", "pull_scatter", "within_1", "within_2",
)  # fmt: skip
_AGREEMENT = ("number", "stated", "right", "completeness", "purity")


def show_closure(closure: Closure, written: Sequence[Path] = ()) -> None:
    """Print what a closure found, as a table of all rows and one for each quantity, and the files written of it."""
    print(f"{closure.product} against {closure.truth}, rows joined {closure.via}")
    exact = {s.pair.column for s in closure.samples if s.pair.exact}
    kinds = [(heads, chosen) for heads, chosen in ((_NUMBERS, False), (_AGREEMENT, True))]
    for heads, chosen in kinds:
        found = [r for r in closure.overall() if (r["column"] in exact) == chosen]
        if found:
            shown = [[r["column"], r["truth"], *(_short(r[h]) for h in heads), r["left_out"]] for r in found]
            print_table(("column", "truth", *heads, "left out"), shown)
    for name in dict.fromkeys(r.against for r in closure.rows if r.against):
        title(f"against {name if name != 'truth' else 'the true value'}")
        for heads, chosen in kinds:
            found = [r for r in closure.grouped(name) if (r["column"] in exact) == chosen]
            if found:
                print_table(
                    ("column", "group", *heads),
                    [[r["column"], r["group"], *(_short(r[h]) for h in heads)] for r in found],
                )
    if written:
        title("written")
        print("\n".join(str(path) for path in written))


def show_scorecard(card: Scorecard) -> None:
    """Print the published numbers of a paper beside the measured ones, and where its figures are."""
    print(f"{card.title} ({card.citation})")
    signs = {"equal": "", "at_most": "<= ", "at_least": ">= "}
    rows = []
    for s in card.scores:
        room = f" ± {s.tolerance:.4g}" if s.tolerance else ""
        measured = None if s.measured is None else _digits(s.measured)
        measured = measured if s.error is None else f"{measured} ± {s.error:.2g}"
        rows.append((s.name, f"{signs[s.compare]}{s.published:g}{room}", measured, s.unit, s.verdict, s.place, s.how))
    print_table(("number", "published ± allowed", "measured", "unit", "verdict", "place", "how"), rows)
    verdicts = [s.verdict for s in card.scores]
    print(f"{len(rows)} numbers:", ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts)))
    for verdict, reason in dict.fromkeys((s.verdict, s.reason) for s in card.scores if s.reason):
        names = [s.name for s in card.scores if (s.verdict, s.reason) == (verdict, reason)]
        which = "" if len(names) == verdicts.count(verdict) else f" ({'; '.join(names)})"
        print(f"{verdict}{which}: {reason}")
    if card.figures:
        title("figures")
        print_table(
            ("figure", "like", "file"), [(f.name, f.place, f.path or f"not drawn: {f.reason}") for f in card.figures]
        )


def _digits(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() else f"{value:.4g}"


def _short(value: Any) -> Any:
    """Return a float with four digits; None where it is no number."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None
