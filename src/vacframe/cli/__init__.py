"""The command ``vacframe``; every command calls the Python API and prints what it answers.

Nothing slow is imported at module level, so that ``vacframe --help`` and listings start at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vacframe import __version__
from vacframe.cli import builds, catalogues, comparisons, listings, plugin_tools
from vacframe.cli.app import app
from vacframe.core.contract.errors import VacframeError

__all__ = ["app", "builds", "catalogues", "comparisons", "listings", "main", "plugin_tools"]

TRACEBACK = "--traceback"


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
