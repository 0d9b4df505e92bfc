"""Errors that vacframe raises: each says what happened, where, and what to do."""

from __future__ import annotations


class VacframeError(Exception):
    """Base of every error that vacframe raises on purpose.

    Attributes
    ----------
    exit_code : int
        Status with which the command line ends when this error reaches it.
    """

    exit_code = 1


class UsageError(VacframeError):
    """The request or the configuration is wrong; nothing was run (exit status 2)."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration key or value is wrong."""


class PlanError(UsageError):
    """The products asked for cannot be planned (no provider, a cycle, a missing column)."""


class SchemaError(VacframeError):
    """A table does not fit the schema it declares."""


class SourceError(VacframeError):
    """Nothing of a source's files can be used."""


class PluginError(VacframeError):
    """A plugin cannot be loaded or breaks the contract."""


class StoreError(VacframeError):
    """The workspace on disk cannot be used."""


class CorruptFileError(StoreError):
    """A stored file no longer holds what was written into it.

    Parameters
    ----------
    path : str
        The file.
    detail : str
        What was noticed.
    """

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"{path}: the stored file is damaged ({detail}); the next build makes it again")
        self.path = path
        self.detail = detail

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.path, self.detail)


class InputFileError(VacframeError):
    """A user's file cannot be read at all.

    Parameters
    ----------
    path : str
        The file.
    detail : str
        What was expected and what was found.
    """

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"{path}: {detail}")
        self.path = path
        self.detail = detail

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.path, self.detail)


def did_you_mean(name: str, candidates: list[str] | tuple[str, ...]) -> str:
    """Return ``" Did you mean 'x'?"`` for the close matches of `name`, else an empty string."""
    from difflib import get_close_matches

    close = get_close_matches(name, list(candidates), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
