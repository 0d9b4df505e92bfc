"""The files of a source: found by pattern, their format, and how they are read."""

from __future__ import annotations

import glob
from pathlib import Path

from vacframe.core.contract.errors import ConfigError, InputFileError
from vacframe.core.contract.settings import SourceConfig
from vacframe.io.formats import sniff
from vacframe.io.read_options import ReadOptions


def find_files(source: SourceConfig, base: Path, product: str) -> tuple[Path, ...]:
    """Return the files of a source in sorted order; ConfigError for a pattern that matches nothing."""
    found: set[Path] = set()
    for pattern in source.files:
        full = str(base / Path(pattern).expanduser())
        matches = glob.glob(full, recursive=True)
        if not matches:
            raise ConfigError(f"[sources.{product}] files: {pattern!r} matches no file (looked at {full})")
        found.update(Path(m).resolve() for m in matches)
    return tuple(sorted(found))


def format_of(files: tuple[Path, ...]) -> str:
    """Return the format of the first file that can be told; its name decides where none can be."""
    for path in files[:20]:
        try:
            return str(sniff(path))
        except InputFileError:
            continue
    return "fits" if ".fits" in files[0].name or ".fit" in files[0].name else ""


def read_options(source: SourceConfig) -> ReadOptions:
    """Return how the files of a source are read."""
    return ReadOptions(null_values=tuple(source.null_values))
