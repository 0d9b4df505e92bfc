"""Commands that compare catalogues with the truth and with papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vacframe.cli.app import app
from vacframe.cli.comparison_tables import show_closure, show_scorecard
from vacframe.cli.json_values import print_json
from vacframe.cli.options import (
    HERE,
    AsJson,
    ConfigFile,
    Folder,
    Overrides,
    Plots,
    ProductName,
    Providers,
    bars,
    configured,
    mapping,
    restored,
    split,
)
from vacframe.cli.text_tables import print_records


@app.command()
def closure(
    product: ProductName,
    truth: Annotated[str | None, typer.Option("--truth", metavar="PRODUCT", help="The truth table.")] = None,
    columns: Annotated[str, typer.Option("--columns", metavar="A,B", help="Compare these columns only.")] = "",
    match: Annotated[
        list[str] | None, typer.Option("--match", metavar="COLUMN=TRUE", help="Where names do not tell; repeatable.")
    ] = None,
    error: Annotated[
        list[str] | None, typer.Option("--error", metavar="COLUMN=ERROR", help="Column of an error; repeatable.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="A,B", help="Group by these; default: S/N and magnitude.")
    ] = None,
    where: Annotated[str, typer.Option("--where", metavar="EXPR", help="Rows that count.")] = "",
    without: Annotated[list[str] | None, typer.Option(metavar="PRODUCT[:EXPR]", help="Leave these out.")] = None,
    selects: Annotated[str, typer.Option(metavar="EXPR", help="True of the stars that belong in the catalogue.")] = "",
    of: Annotated[str | None, typer.Option(metavar="PRODUCT", help="What the selection was made from.")] = None,
    through: Annotated[str | None, typer.Option(metavar="PRODUCT", help="Product that carries both keys.")] = None,
    bins: Annotated[int, typer.Option("--bins", min=0, metavar="N", help="Groups of a quantity; 0 for none.")] = 5,
    table: Annotated[Path | None, typer.Option("--table", metavar="FILE", help="Write every line there.")] = None,
    plots: Plots = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Compare a catalogue with the truth: bias, scatter, pulls; or --selects: completeness, purity."""
    from vacframe.report.closure import closure as compare
    from vacframe.report.closure_files import save
    from vacframe.report.selection_closure import selection

    space, groups = restored(workspace), None if against is None else split([against])
    if selects:
        found = selection(
            space, product, selects, of=of, truth=truth, against=groups, where=where, through=through, bins=bins
        )
    else:
        found = compare(
            space, product, truth, columns=split([columns]) or None, match=mapping(match, "--match"), bins=bins,
            errors=mapping(error, "--error"), against=groups, where=where, without=without or (), through=through,
        )  # fmt: skip
    written = save(found, table, plots)
    print_json(found.to_json() | {"written": written}) if as_json else show_closure(found, written)


@app.command()
def paper(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Without it, the papers are listed.")] = None,
    plots: Plots = None,
    config: ConfigFile = None,
    workspace: Folder = HERE,
    overrides: Overrides = None,
    provider: Providers = None,
    workers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Worker processes.")] = None,
    as_json: AsJson = False,
) -> None:
    """Build what a paper published numbers of, under its settings, and print published beside measured."""
    space = configured(workspace, config, overrides, provider, name)
    if name is None:
        print_records(space.papers(), "no plugin declares a paper", as_json)
        return
    card = space.paper(name, workers=workers, plots=plots, reporter=None if as_json else bars())
    print_json(card) if as_json else show_scorecard(card)
