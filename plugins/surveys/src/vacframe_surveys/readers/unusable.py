"""Files, and spectra in them, that give no rows: one exception, and what libraries raise over them turned into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import vacframe as vf


class Unusable(Exception):
    """A file that gives no rows.

    Parameters
    ----------
    reason : str
        Code of the reject.
    detail : str
        What was found, what was expected.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@contextmanager
def reading(kind: str, reason: str) -> Iterator[None]:
    """Turn whatever a library raises over a bad file into `Unusable`.

    Parameters
    ----------
    kind : str
        What the file is read as, for the message.
    reason : str
        Code of the reject.
    """
    try:
        yield
    except vf.InputFileError as error:
        raise Unusable(reason, error.detail) from error
    except (Unusable, vf.VacframeError, MemoryError):
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        raise Unusable(reason, f"cannot be read as {kind} ({type(error).__name__}: {text})") from error


@contextmanager
def open_hdf5(path: Path, kind: str, reason: str) -> Iterator[Any]:
    """Open an HDF5 file, with the optional package h5py; what is raised over it becomes `Unusable`, as in `reading`."""
    try:
        import h5py
    except ImportError:
        raise Unusable(reason, "is HDF5; reading it needs h5py: pip install h5py") from None
    with reading(kind, reason), h5py.File(path, "r") as file:
        yield file
