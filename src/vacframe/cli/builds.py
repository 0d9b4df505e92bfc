"""Commands that plan and build."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from vacframe.cli.app import app
from vacframe.cli.json_values import print_json
from vacframe.cli.options import (
    HERE,
    AsJson,
    ConfigFile,
    Folder,
    Overrides,
    PaperName,
    ProductList,
    Products,
    Providers,
    bars,
    configured,
    named,
    restored,
    split,
)
from vacframe.cli.summaries import ACTIONS, reason_text, show_plan, show_report
from vacframe.cli.text_tables import print_table


@app.command()
def build(
    names: Products = None,
    products: ProductList = None,
    config: ConfigFile = None,
    workspace: Folder = HERE,
    overrides: Overrides = None,
    provider: Providers = None,
    paper: PaperName = None,
    workers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Worker processes.")] = None,
    allow_partial: Annotated[bool, typer.Option("--allow-partial", help="Publish what succeeded.")] = False,
    where: Annotated[str, typer.Option("--where", metavar="EXPR", help="Pilot run: only these rows.")] = "",
    pixels: Annotated[str, typer.Option("--pixels", metavar="K/N,K/N", help="Pilot run: only these pixels.")] = "",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Pilot run: only the first rows.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make products and what they need, where missing or stale."""
    wanted = named(names, products)
    space = configured(workspace, config, overrides, provider, paper)
    if where or pixels or limit:
        space = space.pilot(where=where, pixels=split([pixels]), limit=limit)
        print(f"pilot run, kept in {space.folder}", file=sys.stderr)
    if dry_run:
        show_plan(space.plan(*wanted), as_json)
        return
    reporter = None if as_json else bars()
    report = space.build(*wanted, workers=workers, allow_partial=allow_partial, reporter=reporter)
    if as_json:
        print_json(report.to_json())
    else:
        show_report(report, space)
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def plan(
    names: Products = None,
    products: ProductList = None,
    config: ConfigFile = None,
    workspace: Folder = HERE,
    overrides: Overrides = None,
    provider: Providers = None,
    paper: PaperName = None,
    as_json: AsJson = False,
) -> None:
    """Say what a build would do, and why; nothing is run."""
    wanted = named(names, products)
    show_plan(configured(workspace, config, overrides, provider, paper).plan(*wanted), as_json)


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
        ("part", "state", "why"),
        [(t.part, ACTIONS[t.action], reason_text(t.reason)) for t in tasks],
        empty=f"{product} has no parts",
    )


@app.command()
def rerun(capsule: Annotated[Path, typer.Argument(metavar="CAPSULE")], workspace: Folder = HERE) -> None:
    """Run a failed task again from its capsule."""
    made = restored(workspace).rerun(capsule)
    size = "a model" if made.table is None else f"{made.table.num_rows} rows"
    print(f"{capsule}: the task succeeds now, {size}, {made.rejects.num_rows} left out; build the product again")
