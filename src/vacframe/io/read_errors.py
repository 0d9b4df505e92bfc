"""The one border between the libraries that read files and us: what they raise comes out as `InputFileError`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vacframe.core.contract.errors import InputFileError, VacframeError

_MOST_TEXT = 300
"""Characters of a library's own words that are shown."""


def _own_words(error: Exception) -> str | None:
    return None


@contextmanager
def reading(
    path: str | os.PathLike[str],
    kind: str,
    *,
    column: str | None = None,
    rows: range | None = None,
    says: Callable[[Exception], str | None] = _own_words,
) -> Iterator[None]:
    """Turn whatever is raised over a bad file into an `InputFileError` that names the file and the place in it.

    An `InputFileError` from inside (a border further in, which knows more) passes unchanged.

    Parameters
    ----------
    path : path
        The file, as the user named it.
    kind : str
        What the file was taken for.
    column : str, optional
        The column that is being read.
    rows : range, optional
        The rows that are being read, from 0; shown from 1.
    says : callable, optional
        Returns what to say of an exception, after the path; None where it knows nothing better than the exception.

    Raises
    ------
    InputFileError
        From the exception, which is its cause.
    """
    try:
        yield
    except InputFileError:
        raise
    except Exception as error:
        detail = says(error) or f"cannot be read as {kind}{_place(column, rows)} ({_words(error)})"
        raise InputFileError(str(path), detail) from error


def _place(column: str | None, rows: range | None) -> str:
    place = "" if column is None else f", column {column!r}"
    return place if rows is None else f"{place}, rows {rows.start + 1} to {rows.stop}"


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())[:_MOST_TEXT]
    return text if isinstance(error, VacframeError) else f"{type(error).__name__}: {text}"
