"""Commands that show, check and write out stored catalogues."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vacframe.cli.app import app
from vacframe.cli.json_values import print_json, texts_of
from vacframe.cli.options import HERE, AsJson, Folder, ProductName, restored
from vacframe.cli.summaries import show_product
from vacframe.cli.text_tables import print_records


@app.command()
def cite(product: ProductName, workspace: Folder = HERE, as_json: AsJson = False) -> None:
    """List what to cite for a product and all it is made from."""
    found = restored(workspace).cite(product)
    if as_json:
        print_json(found)
    else:
        print("\n".join(found) or f"{product} names no citation")


@app.command()
def show(
    product: ProductName,
    rows: Annotated[int, typer.Option(min=0, metavar="N", help="Rows to print.")] = 10,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show version, provenance and first rows of a product."""
    space = restored(workspace)
    found = space.show(product, rows=rows)
    if as_json:
        table = space.version(product).manifest["table"] or {"columns": []}
        wide = {column["name"] for column in table["columns"] if column["dtype"] in ("int64", "uint64")}
        print_json(found | {"head": texts_of(found["head"], wide)})
        return
    show_product(found, space)


@app.command()
def verify(
    products: Annotated[list[str] | None, typer.Argument(metavar="PRODUCT", help="Default: every product.")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Digest every stored file again, and name what changed."""
    problems = restored(workspace).verify(*(products or ()))
    print_records(problems, "every stored file is as it was written", as_json)
    raise typer.Exit(1 if problems else 0)


@app.command()
def schema(product: ProductName, workspace: Folder = HERE) -> None:
    """Print the schema of a product as JSON."""
    print_json(restored(workspace).schema(product))


@app.command()
def export(
    product: ProductName,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PATH", help="File, or folder for hats.")],
    format: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="fits, votable, ecsv, csv, parquet, mrt or hats.")
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write a product for other tools, with units and UCDs."""
    paths = restored(workspace).export(product, format, output, overwrite=overwrite)
    print_json(paths) if as_json else print("\n".join(str(p) for p in paths))
