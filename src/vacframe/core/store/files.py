"""Files and folders that appear whole or not at all, whoever else writes them at the same time."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path


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
    staged = _beside(path)
    staged.write_text(text, encoding="utf-8")
    if sync:
        sync_file(staged)
    if replace:
        os.replace(staged, path)
        return
    with contextlib.suppress(FileExistsError):
        os.link(staged, path)
    staged.unlink()


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
    staged = _beside(place) if beside is None else beside / uuid.uuid4().hex
    staged.mkdir(parents=True)
    try:
        yield staged
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(staged, place)
        except OSError:
            if not place.exists():
                raise
    finally:
        if staged.exists():
            shutil.rmtree(staged, ignore_errors=True)


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


def sync_file(path: Path) -> None:
    """Flush a file to the disk."""
    with open(path, "rb") as stream:
        os.fsync(stream.fileno())


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


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")
