"""Commands that plan and build."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from vacframe.cli.app import app
from vacframe.cli.options import (
    HERE,
    AsJson,
    ConfigFile,
    Folder,
    Overrides,
    PaperName,
    Providers,
    Wanted,
    bars,
    configured,
    restored,
    split,
)
from vacframe.cli.render import print_json, print_table
from vacframe.cli.summaries import show_plan, show_report


@app.command()
def build(
    products: Wanted,
    config: ConfigFile = None,
    workspace: Folder = HERE,
    overrides: Overrides = None,
    provider: Providers = None,
    paper: PaperName = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes.")] = None,
    allow_partial: Annotated[bool, typer.Option("--allow-partial", help="Publish what succeeded.")] = False,
    where: Annotated[str, typer.Option("--where", metavar="EXPR", help="Pilot run: only these rows.")] = "",
    pixels: Annotated[str, typer.Option("--pixels", metavar="K/N,K/N", help="Pilot run: only these pixels.")] = "",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Pilot run: only the first rows.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make products and what they need, where missing or stale."""
    space = configured(workspace, config, overrides, provider, paper)
    if where or pixels or limit:
        space = space.pilot(where=where, pixels=split([pixels]), limit=limit)
        print(f"pilot run, kept in {space.folder}", file=sys.stderr)
    names = split(products)
    if dry_run:
        show_plan(space.plan(*names), as_json)
        return
    reporter = None if as_json else bars()
    report = space.build(*names, workers=workers, allow_partial=allow_partial, reporter=reporter)
    if as_json:
        print_json(report.to_json())
    else:
        show_report(report, space)
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def plan(
    products: Wanted,
    config: ConfigFile = None,
    workspace: Folder = HERE,
    overrides: Overrides = None,
    provider: Providers = None,
    paper: PaperName = None,
    as_json: AsJson = False,
) -> None:
    """Say what a build would do, and why; nothing is run."""
    show_plan(configured(workspace, config, overrides, provider, paper).plan(*split(products)), as_json)


@app.command()
def why(
    product: Annotated[str, typer.Argument(metavar="PRODUCT[@Norder/Npix]")],
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say why each part of a product is fresh or would run."""
    name, _, part = product.partition("@")
    tasks = restored(workspace).why(name, part or None)
    if as_json:
        print_json(tasks)
        return
    print_table(
        ("part", "action", "reason", "detail"),
        [(t.part, t.action, t.reason.kind, t.reason.detail) for t in tasks],
        empty=f"{product} has no parts",
    )


@app.command()
def rerun(capsule: Annotated[Path, typer.Argument(metavar="CAPSULE")], workspace: Folder = HERE) -> None:
    """Run a failed task again from its capsule."""
    made = restored(workspace).rerun(capsule)
    size = "a model" if made.table is None else f"{made.table.num_rows} rows"
    print(f"{capsule}: the task succeeds now, {size}, {made.rejects.num_rows} rejects; build the product again")
