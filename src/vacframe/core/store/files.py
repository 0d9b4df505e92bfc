"""Files and folders that appear whole or not at all, whoever else writes them at the same time."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from vacframe.io.staging import staged


def write_text(path: Path, text: str, *, replace: bool = True, sync: bool = False) -> None:
    """Write a small file beside its place and move it there.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        What it holds then.
    replace : bool
        Whether a file that is there is replaced, else it stays as it is.
    sync : bool
        Whether it is on the disk, rather than on its way there, when it appears.
    """
    try:
        with staged(path, overwrite=replace, sync=sync) as place:
            place.write_text(text, encoding="utf-8")
    except FileExistsError:
        if replace:
            raise


@contextlib.contextmanager
def staged_folder(place: Path, beside: Path | None = None) -> Iterator[Path]:
    """Give an empty folder to write into, which is moved to `place` where the block succeeds.

    Where another writer was first, its folder stays and this one is thrown away.

    Parameters
    ----------
    place : Path
        Where the folder is to appear.
    beside : Path, optional
        Folder on the same file system to write in; default is that of `place`.
    """
    folder = (place.parent if beside is None else beside) / f".{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    try:
        yield folder
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(folder, place)
        except OSError:
            if not place.exists():
                raise
    finally:
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)


def link(source: Path, target: Path) -> None:
    """Hard-link a file or a folder of files, copy where links are impossible."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for path in sorted(source.iterdir()):
            link(path, target / path.name)
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def stat_of(path: Path) -> list[int]:
    """Return size, mtime (ns) and inode of a file, by which a change is noticed; empty where it is missing."""
    try:
        info = os.stat(path / "model.json" if path.suffix == "" and path.is_dir() else path)
    except OSError:
        return []
    return [info.st_size, info.st_mtime_ns, info.st_ino]
