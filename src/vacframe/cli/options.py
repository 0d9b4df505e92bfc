"""Options that commands share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vacframe.core.contract.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from vacframe.core.execution.progress import Reporter
    from vacframe.workspace import Workspace

CONFIG_NAME = "vacframe.toml"

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
Products = Annotated[list[str] | None, typer.Argument(metavar="PRODUCT", help="Products to build.")]
ProductList = Annotated[
    list[str] | None, typer.Option("--products", "-p", metavar="A,B", help="Products to build, with commas between.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ProductName = Annotated[str, typer.Argument(metavar="PRODUCT")]
HERE = Path(".")


def configured(
    folder: Path,
    config: Path | None,
    overrides: list[str] | None,
    providers: list[str] | None,
    paper: str | None = None,
) -> Workspace:
    """Return the workspace under the configuration of the command line."""
    from vacframe.workspace import Workspace

    chosen = mapping(providers, "--provider")
    if config is not None and not config.is_file():
        raise ConfigError(f"--config {config}: there is no such file")
    default = Path(CONFIG_NAME)
    path = config or (default if default.is_file() else None)
    return Workspace(folder, config=path, overrides=overrides or (), providers=chosen, paper=paper)


def restored(folder: Path) -> Workspace:
    """Return the workspace under its last resolved configuration."""
    from vacframe.workspace import Workspace

    return Workspace(folder)


def bars() -> Reporter:
    """Return the reporter of a terminal."""
    from vacframe.cli.progress_bars import ProgressBars

    return ProgressBars()


def named(arguments: list[str] | None, listed: list[str] | None) -> list[str]:
    """Return the products that were named, as arguments and with ``--products``, each once.

    Raises
    ------
    UsageError
        If there is none.
    """
    found = split([*(arguments or ()), *(listed or ())])
    if not found:
        raise UsageError("name at least one product, as an argument or with --products; `vacframe products` lists them")
    return found


def split(products: list[str]) -> list[str]:
    """Return names that were given apart or with commas between, each once."""
    names = [n.strip() for text in products for n in text.split(",")]
    return list(dict.fromkeys(n for n in names if n))


def mapping(texts: list[str] | None, option: str) -> dict[str, str]:
    """Return ``name=value`` texts as a mapping."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (equals and name and value):
            expected = "product=plugin, such as lamost_spectra=surveys" if option == "--provider" else "name=name"
            raise UsageError(f"{option} {text!r}: expected {expected}")
        found[name] = value
    return found
