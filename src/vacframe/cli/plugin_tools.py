"""Commands for authors of plugins."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vacframe.cli.app import app
from vacframe.cli.json_values import print_json
from vacframe.cli.options import AsJson
from vacframe.cli.text_tables import print_table


@app.command()
def manifest(
    plugin: Annotated[str | None, typer.Argument(metavar="[PLUGIN]", help="Default: every plugin.")] = None,
    only_check: Annotated[bool, typer.Option("--check", help="Write nothing; status 1 where one is wrong.")] = False,
) -> None:
    """Write vacframe.json beside a plugin, from its code."""
    from vacframe.core.registry.discovery import Registry

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


def _manifest(registry: Any, name: str, only_check: bool) -> bool:
    """Write or check the manifest of one plugin; return whether it is right."""
    from vacframe.core.registry.manifest import differences, make_manifest, manifest_path, read_manifest, write_manifest

    entry = registry.entry(name)
    path = manifest_path(entry.module)
    loaded = registry.load_code(name)
    if not only_check:
        write_manifest(make_manifest(loaded, entry.module), path)
        print(f"{name}: written to {path}")
        return True
    problems = differences(read_manifest(path), loaded) if path.is_file() else ["there is no manifest"]
    print(f"{name}: " + ("; ".join(problems) or "the manifest is right"))
    return not problems
