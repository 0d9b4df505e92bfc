"""What the command line prints of plans, builds and products."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from vacframe.cli.catalogue_rows import print_rows
from vacframe.cli.changed_settings import show_settings
from vacframe.cli.json_values import print_json
from vacframe.cli.text_tables import print_facts, print_table, title

if TYPE_CHECKING:
    from vacframe.core.execution.outcome import BuildReport
    from vacframe.core.planning.plan import Plan, Reason
    from vacframe.workspace import Workspace

ACTIONS = {"fresh": "up to date", "adopt": "reused", "run": "to run", "maybe": "undecided"}
"""What a plan does with a task → in words: `undecided` runs unless its inputs come out as they were."""
MOST_FILES = 5
"""So many files are listed of those that a product was read from."""


def show_plan(found: Plan, as_json: bool) -> None:
    """Print what a build would do: one line per product, with the commonest reasons."""
    if as_json:
        print_json(found.to_json())
        return
    rows = []
    for product in found.products:
        tasks = [t for t in found.tasks if t.product == product["name"]]
        reasons: dict[str, int] = {}
        for task in tasks:
            if task.action in ("run", "maybe"):
                text = reason_text(task.reason)
                reasons[text] = reasons.get(text, 0) + 1
        common = sorted(reasons, key=lambda r: -reasons[r])
        shown = "; ".join(common[:2]) + (f"; and {len(common) - 2} more reasons" if len(common) > 2 else "")
        numbers = (sum(t.action == action for t in tasks) for action in ACTIONS)
        rows.append((product["name"], product["provider"], *numbers, shown))
    print_table(("product", "provider", *ACTIONS.values(), "why"), rows)
    if any(t.action == "maybe" for t in found.tasks):
        print("undecided: runs, unless what it waits for comes out as it was")


def reason_text(reason: Reason) -> str:
    """Return why a task runs, or does not, in words."""
    if reason.kind == "fresh":
        return reason.detail
    if reason.kind == "waits":
        return f"waits {reason.detail}"
    return ": ".join(text for text in (reason.kind, reason.detail) if text)


def show_report(report: BuildReport, space: Workspace) -> None:
    """Print what a build did: products, rows left out, companions; failures on standard error."""
    from vacframe.report.joining import schema_of

    heads = ("product", "provider", "ran", "reused", "up to date", "failed", "rows", "left out", "seconds", "device")
    rows = [
        (p.name, p.provider, p.ran, p.adopted, p.fresh, p.failed, None if p.kind == "model" else p.rows,
         sum(p.rejects.values()), round(p.seconds, 1), p.device)
        for p in report.products
    ]  # fmt: skip
    print_table(heads, rows)
    rejected = [
        (p.name, reason, n, _example(space, p.name, reason)) for p in report.products for reason, n in p.rejects.items()
    ]
    if rejected:
        title("rows left out")
        print_table(("product", "reason", "rows", "one of them"), rejected)
    built = {p.name for p in report.products if p.version}
    for name in (c for c in report.companions if c in built):
        title(name)
        print_rows(space.read(name).to_pylist(), schema_of(space, name), empty="no rows")
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


def show_product(found: dict[str, Any], space: Workspace) -> None:
    """Print what is known of a built product: facts, how it was made, its settings, first rows."""
    from vacframe.report.joining import schema_of

    facts = {k: v for k, v in found.items() if k not in ("head", "provenance")}
    made = dict(found["provenance"])
    config, files = made.pop("config", {}), made.pop("files", {})
    if found["kind"] == "model":
        del facts["rows"]
    print_facts({k: v for k, v in facts.items() if v not in (None, "", [], {})})
    title("provenance")
    print_facts({k: v for k, v in made.items() if v not in (None, "", [], {})})
    if files:
        title("files read, with their digests")
        print_facts(dict(list(files.items())[:MOST_FILES]))
        if len(files) > MOST_FILES:
            print(f"and {len(files) - MOST_FILES:,} more, which --json lists")
    show_settings(config, space.registry.defaults(made["provider"]))
    if head := found["head"]:
        title("first rows")
        print_rows(head, schema_of(space, found["name"]))
