"""The application that the commands are registered with."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="vacframe",
    help="Build value-added catalogues of stars from survey files.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help starts in a third of the time
)
