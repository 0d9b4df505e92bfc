"""The command ``vacframe``; every command calls the Python API and prints what it answers.

Nothing slow is imported at module level, so that ``vacframe --help`` and listings start at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vacframe import __version__
from vacframe.core.errors import ConfigError, UsageError, VacframeError
from vacframe.render import print_facts, print_json, print_records, print_table, texts_of, title
from vacframe.summaries import show_closure, show_plan, show_report, show_scorecard

if TYPE_CHECKING:
    from vacframe.core.reporter import Reporter
    from vacframe.core.workspace import Workspace

CONFIG_NAME = "vacframe.toml"
TRACEBACK = "--traceback"

app = typer.Typer(
    name="vacframe",
    help="Build value-added catalogues of stars from survey files.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help starts in a third of the time
)

Folder = Annotated[Path, typer.Option("--workspace", "-w", help="Folder of the workspace.", metavar="DIR")]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help=f"Configuration; without it ./{CONFIG_NAME}, where it exists."),
]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value; can be repeated.")
]
Providers = Annotated[
    list[str] | None,
    typer.Option("--provider", metavar="PRODUCT=PLUGIN", help="Choose between providers; can be repeated."),
]
PaperName = Annotated[
    str | None, typer.Option("--paper", metavar="NAME", help="Settings of a paper, below those of the configuration.")
]
Plots = Annotated[Path | None, typer.Option("--plots", metavar="DIR", help="Write figures there.")]
Wanted = Annotated[list[str], typer.Option("--products", "-p", metavar="A,B", help="Products to build.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ProductName = Annotated[str, typer.Argument(metavar="PRODUCT")]
HERE = Path(".")


@app.callback(invoke_without_command=True)
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    traceback: Annotated[
        bool, typer.Option(TRACEBACK, help="Show where an error was raised; works after any command too.")
    ] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


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
    space = _configured(workspace, config, overrides, provider, paper)
    if where or pixels or limit:
        space = space.pilot(where=where, pixels=_split([pixels]), limit=limit)
        print(f"pilot run, kept in {space.folder}", file=sys.stderr)
    names = _split(products)
    if dry_run:
        show_plan(space.plan(*names), as_json)
        return
    reporter = None if as_json else _bars()
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
    show_plan(_configured(workspace, config, overrides, provider, paper).plan(*_split(products)), as_json)


@app.command()
def why(
    product: Annotated[str, typer.Argument(metavar="PRODUCT[@Norder/Npix]")],
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say why each part of a product is fresh or would run."""
    name, _, part = product.partition("@")
    tasks = _restored(workspace).why(name, part or None)
    if as_json:
        print_json(tasks)
        return
    print_table(
        ("part", "action", "reason", "detail"),
        [(t.part, t.action, t.reason.kind, t.reason.detail) for t in tasks],
        empty=f"{product} has no parts",
    )


@app.command()
def products(workspace: Folder = HERE, as_json: AsJson = False) -> None:
    """List the products that can be built, and those that are."""
    found = _restored(workspace).products()
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
    found = dict(_restored(workspace).describe(product))
    if as_json:
        print_json(found)
        return
    columns = found.pop("columns", None) or []
    print_facts({k: v for k, v in found.items() if v not in (None, "", [], {}, ())})
    if columns:
        title("columns")
        names = ("name", "dtype", "unit", "ucd", "description")
        print_table(names, [[column.get(name) for name in names] for column in columns])


@app.command()
def plugins(as_json: AsJson = False, workspace: Folder = HERE) -> None:
    """List the installed plugins."""
    print_records(_restored(workspace).plugins(), "no plugin is installed", as_json)


@app.command()
def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Import the libraries too.")] = False,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with libraries, plugins and devices."""
    checks = _restored(workspace).doctor(deep)
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
    print_records(_configured(workspace, config, overrides, provider, paper).check(), "no configuration", as_json)


@app.command()
def cite(product: ProductName, workspace: Folder = HERE, as_json: AsJson = False) -> None:
    """List what to cite for a product and all it is made from."""
    found = _restored(workspace).cite(product)
    if as_json:
        print_json(found)
    else:
        print("\n".join(found) or f"{product} names no citation")


@app.command()
def show(
    product: ProductName,
    rows: Annotated[int, typer.Option(min=0, help="Rows to print.")] = 10,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show version, provenance and first rows of a product."""
    space = _restored(workspace)
    found = space.show(product, rows=rows)
    head = found.pop("head")
    if as_json:
        table = space.version(product).manifest["table"] or {"columns": []}
        wide = {column["name"] for column in table["columns"] if column["dtype"] in ("int64", "uint64")}
        print_json(found | {"head": texts_of(head, wide)})
        return
    print_facts(found)
    if head:
        title("first rows")
        print_table(list(head[0]), [list(row.values()) for row in head])


@app.command()
def verify(
    products: Annotated[list[str] | None, typer.Argument(metavar="[PRODUCT]...")] = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Digest every stored file again, and name what changed."""
    problems = _restored(workspace).verify(*(products or ()))
    print_records(problems, "every stored file is as it was written", as_json)
    raise typer.Exit(1 if problems else 0)


@app.command()
def rerun(capsule: Annotated[Path, typer.Argument(metavar="CAPSULE")], workspace: Folder = HERE) -> None:
    """Run a failed task again from its capsule."""
    made = _restored(workspace).rerun(capsule)
    size = "a model" if made.table is None else f"{made.table.num_rows} rows"
    print(f"{capsule}: the task succeeds now, {size}, {made.rejects.num_rows} rejects; build the product again")


@app.command()
def schema(product: ProductName, workspace: Folder = HERE) -> None:
    """Print the schema of a product as JSON."""
    print_json(_restored(workspace).schema(product))


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
    paths = _restored(workspace).export(product, format, output, overwrite=overwrite)
    print_json(paths) if as_json else print("\n".join(str(p) for p in paths))


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
    bins: Annotated[int, typer.Option("--bins", min=0, help="Groups of a quantity; 0 for none.")] = 5,
    table: Annotated[Path | None, typer.Option("--table", metavar="FILE", help="Write every line there.")] = None,
    plots: Plots = None,
    workspace: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Compare a catalogue with the truth: bias, scatter, pulls; or --selects: completeness, purity."""
    from vacframe.report.closure import closure as compare
    from vacframe.report.closure_files import save
    from vacframe.report.selection import selection

    space, groups = _restored(workspace), None if against is None else _split([against])
    if selects:
        found = selection(
            space, product, selects, of=of, truth=truth, against=groups, where=where, through=through, bins=bins
        )
    else:
        found = compare(
            space, product, truth, columns=_split([columns]) or None, match=_mapping(match, "--match"), bins=bins,
            errors=_mapping(error, "--error"), against=groups, where=where, without=without or (), through=through,
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
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes.")] = None,
    as_json: AsJson = False,
) -> None:
    """Build what a paper published numbers of, under its settings, and print published beside measured."""
    space = _configured(workspace, config, overrides, provider, name)
    if name is None:
        print_records(space.papers(), "no plugin declares a paper", as_json)
        return
    card = space.paper(name, workers=workers, plots=plots, reporter=None if as_json else _bars())
    print_json(card) if as_json else show_scorecard(card)


@app.command()
def manifest(
    plugin: Annotated[str | None, typer.Argument(metavar="[PLUGIN]", help="Default: every plugin.")] = None,
    only_check: Annotated[bool, typer.Option("--check", help="Write nothing; status 1 where one is wrong.")] = False,
) -> None:
    """Write vacframe.json beside a plugin, from its code."""
    from vacframe.core.discovery import Registry

    registry = Registry.discover()
    names = [plugin] if plugin else sorted(registry.entries)
    wrong = [name for name in names if not _manifest(registry, name, only_check)]
    raise typer.Exit(1 if wrong else 0)


@app.command("test-plugin")
def check_plugin(plugin: Annotated[str, typer.Argument(metavar="PLUGIN")], as_json: AsJson = False) -> None:
    """Run the conformance tests on a plugin's products."""
    from vacframe.testing import check_plugin as run_checks

    results = run_checks(plugin)
    if as_json:
        print_json(results)
    else:
        rows = [(r.product, r.name, r.status, r.detail) for r in results]
        print_table(("product", "test", "result", "detail"), rows)
    raise typer.Exit(0 if all(r.ok for r in results) else 1)


def main() -> None:
    """Run the command line; errors become one message and the exit status (0 done, 1 failed, 2 usage)."""
    show_traceback = TRACEBACK in sys.argv[1:]
    try:
        app(args=[a for a in sys.argv[1:] if a != TRACEBACK])
    except VacframeError as error:
        if show_traceback:
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if show_traceback:
            raise
        print(f"error: {type(error).__name__}: {error}\n(vacframe {TRACEBACK} ... shows where)", file=sys.stderr)
        sys.exit(1)


def _split(products: list[str]) -> list[str]:
    names = [n.strip() for text in products for n in text.split(",")]
    return list(dict.fromkeys(n for n in names if n))


def _mapping(texts: list[str] | None, option: str) -> dict[str, str]:
    """Return ``name=value`` texts as a mapping."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (equals and name and value):
            expected = "product=plugin, such as lamost_spectra=surveys" if option == "--provider" else "name=name"
            raise UsageError(f"{option} {text!r}: expected {expected}")
        found[name] = value
    return found


def _configured(
    folder: Path,
    config: Path | None,
    overrides: list[str] | None,
    providers: list[str] | None,
    paper: str | None = None,
) -> Workspace:
    """Return the workspace under the configuration of the command line."""
    from vacframe.core.workspace import Workspace

    chosen = _mapping(providers, "--provider")
    if config is not None and not config.is_file():
        raise ConfigError(f"--config {config}: there is no such file")
    default = Path(CONFIG_NAME)
    path = config or (default if default.is_file() else None)
    return Workspace(folder, config=path, overrides=overrides or (), providers=chosen, paper=paper)


def _bars() -> Reporter:
    from vacframe.progress import ProgressBars

    return ProgressBars()


def _restored(folder: Path) -> Workspace:
    """Return the workspace under its last resolved configuration."""
    from vacframe.core.workspace import Workspace

    return Workspace(folder)


def _with_action(check: Any) -> str:
    return f"{check.detail}; {check.action}" if check.action else str(check.detail)


def _manifest(registry: Any, name: str, only_check: bool) -> bool:
    """Write or check the manifest of one plugin; return whether it is right."""
    from vacframe.core.manifest import differences, make_manifest, manifest_path, read_manifest, write_manifest

    entry = registry.entry(name)
    path = manifest_path(entry.module)
    loaded = registry.load_code(name)
    if not only_check:
        write_manifest(make_manifest(loaded, entry.module, entry.version), path)
        print(f"{name}: written to {path}")
        return True
    problems = differences(read_manifest(path), loaded) if path.is_file() else ["there is no manifest"]
    print(f"{name}: " + ("; ".join(problems) or "the manifest is right"))
    return not problems
