"""Small files that appear whole or not at all, whoever else writes them at the same time."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path


def write_text(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a small file beside its place and move it there.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        What it holds then.
    replace : bool
        Whether a file that is there is replaced, else it stays as it is.
    """
    staged = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    staged.write_text(text)
    if replace:
        os.replace(staged, path)
        return
    with contextlib.suppress(FileExistsError):
        os.link(staged, path)
    staged.unlink()
