"""Commands that list what there is and how it is configured."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vacframe.cli.app import app
from vacframe.cli.changed_settings import changed_settings, show_settings
from vacframe.cli.json_values import print_json
from vacframe.cli.options import (
    HERE,
    AsJson,
    ConfigFile,
    Folder,
    Overrides,
    PaperName,
    ProductName,
    Providers,
    configured,
    restored,
)
from vacframe.cli.text_tables import cell, print_facts, print_table, title

NEEDED_ROWS = {"same": "the same", "by_key": "found by key", "sky": "near on the sky", "all": "all"}
"""Which rows of another product one is made from, in words."""


@app.command()
def products(workspace: Folder = HERE, as_json: AsJson = False) -> None:
    """List the products that can be built, and those that are."""
    found = restored(workspace).products()
    if as_json:
        print_json(found)
        return
    print_table(
        ("product", "kind", "providers", "state", "version", "rows", "description"),
        [(p["name"], p["kind"], p["providers"], p["state"], p["version"], p["rows"], p["description"]) for p in found],
        empty="no plugin provides any product; `vacframe doctor` says what is installed",
    )


@app.command()
def describe(product: ProductName, workspace: Folder = HERE, as_json: AsJson = False) -> None:
    """Show columns, needs, provider and citation of a product."""
    space = restored(workspace)
    found = dict(space.describe(product))
    if as_json:
        print_json(found)
        return
    columns = found.pop("columns", None) or []
    needs, config = found.pop("needs"), found.pop("config")
    print_facts({k: v for k, v in found.items() if v not in (None, "", [], {}, ())})
    if needs:
        title("needs")
        print_table(
            ("product", "rows", "columns"),
            [(n["product"], NEEDED_ROWS[n["how"]], ", ".join(n["columns"]) or None) for n in needs],
        )
    show_settings(config, space.registry.defaults(found["provider"]))
    if columns:
        title("columns")
        names = ("name", "dtype", "unit", "ucd", "description")
        print_table(names, [[column.get(name) for name in names] for column in columns])


@app.command()
def plugins(as_json: AsJson = False, workspace: Folder = HERE) -> None:
    """List the installed plugins."""
    found = restored(workspace).plugins()
    if as_json:
        print_json(found)
        return
    print_table(
        ("plugin", "distribution", "version", "made-up data", "problem", "products"),
        [(p["name"], p["distribution"], p["version"], p["mock"], p["problem"], p["products"]) for p in found],
        empty="no plugin is installed",
    )


@app.command()
def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Import the libraries too.")] = False,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with libraries, plugins and devices."""
    checks = restored(workspace).doctor(deep)
    if as_json:
        print_json(checks)
    else:
        print_table(("what", "status", "detail"), [(c.name, c.status, _with_action(c)) for c in checks])
    raise typer.Exit(1 if any(c.status == "problem" for c in checks) else 0)


@app.command()
def check(
    config: ConfigFile = None,
    workspace: Folder = HERE,
    overrides: Overrides = None,
    provider: Providers = None,
    paper: PaperName = None,
    as_json: AsJson = False,
) -> None:
    """Print every configuration value and where it came from."""
    values = configured(workspace, config, overrides, provider, paper).check()
    if as_json:
        print_json(values)
        return
    print_table(
        ("key", "from", "value"),
        [
            (key, v["origin"], cell(value, most=None))
            for v in values
            for key, value in changed_settings({v["key"]: v["value"]}, {}).items()
        ],
        empty="no configuration",
    )


def _with_action(check: Any) -> str:
    return f"{check.detail}; {check.action}" if check.action else str(check.detail)
