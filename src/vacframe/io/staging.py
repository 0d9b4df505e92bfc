"""Files and folders that appear whole or not at all: written beside their place, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staged(path: str | os.PathLike[str], *, overwrite: bool = True, sync: bool = False) -> Iterator[Path]:
    """Yield a path beside `path` to write a file or a folder to, which takes its place when all went well.

    Nothing lies at the yielded path yet, and nothing is left there. A reader sees the old content or the new one; a
    folder that is replaced is out of its place for an instant, and back in it if the new one cannot be moved there.

    Parameters
    ----------
    path : path
        The place; the folder that holds it exists.
    overwrite : bool
        Whether what is there is replaced, also by something of the other kind.
    sync : bool
        Whether a file is on the disk, not in the system's memory only, before it takes its place.

    Raises
    ------
    FileExistsError
        If something is at `path` that is not to be overwritten; it stays as it is.
    FileNotFoundError
        If nothing was written.

    Examples
    --------
    >>> with staged(folder / "notes.txt") as place:  # doctest: +SKIP
    ...     place.write_text("whole or not at all")
    """
    target = Path(path)
    if not overwrite and _there(target):
        raise FileExistsError(f"{target} exists already")
    place = _beside(target)
    try:
        yield place
        if sync and place.is_file():
            sync_file(place)
        _move(place, target, overwrite)
    finally:
        _remove(place)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")


def _there(path: Path) -> bool:
    return os.path.lexists(path)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _move(place: Path, target: Path, overwrite: bool) -> None:
    if _is_folder(place):
        _move_folder(place, target, overwrite)
    elif not overwrite:
        os.link(place, target, follow_symlinks=False)
    elif _is_folder(target):
        _swap(place, target)
    else:
        os.replace(place, target)


def _move_folder(place: Path, target: Path, overwrite: bool) -> None:
    if not _there(target):
        os.rename(place, target)
    elif overwrite:
        _swap(place, target)
    else:
        raise FileExistsError(f"{target} exists already")


def _swap(place: Path, target: Path) -> None:
    """Put `place` where `target` is, which a single rename cannot do when one of them is a folder."""
    aside = _beside(target)
    os.rename(target, aside)
    try:
        os.rename(place, target)
    except OSError:
        os.rename(aside, target)
        raise
    _remove(aside)


def _remove(path: Path) -> None:
    if _is_folder(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def sync_file(path: Path) -> None:
    """Flush a file to the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
