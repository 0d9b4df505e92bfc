"""File formats, told apart by what is in the file and not by its name."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from pathlib import Path
from typing import Literal, get_args

from vacframe.core.contract.errors import InputFileError
from vacframe.io.read_errors import reading

Format = Literal["fits", "parquet", "hats", "csv", "ecsv", "votable"]
FORMATS: tuple[str, ...] = get_args(Format)
"""Names of the formats that are read."""

GZIP = b"\x1f\x8b"
_HEAD_BYTES = 65536
_HATS_MARKERS = ("hats.properties", "properties", "collection.properties", "dataset")
_TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".dat", ".tab"}
_FOREIGN = {
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"BZh": "compressed with bzip2: unpack it first",
    b"\xfd7zXZ\x00": "compressed with xz: unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first",
    b"\x89HDF": "an HDF5 file, which is not read: convert it to FITS or Parquet",
    b"%PDF": "a PDF document",
    b"\x89PNG": "an image",
}


def is_gzip(path: str | os.PathLike[str]) -> bool:
    """Return whether a file starts with the magic bytes of gzip."""
    with open(path, "rb") as file:
        return file.read(2) == GZIP


def sniff(path: str | os.PathLike[str]) -> Format:
    """Return the format of a file or folder, from its content (that inside a gzip too).

    The suffix counts only for text that could be a table of one column.

    Raises
    ------
    InputFileError
        If the file is missing, empty, cut off, or nothing that is read; the message says what it looks like.
    """
    place = Path(path)
    if place.is_dir():
        with reading(path, "a folder", says=_closed):
            marked = any((place / marker).exists() for marker in _HATS_MARKERS)
        if marked:
            return "hats"
        raise InputFileError(str(path), "is a folder without hats.properties; expected a HATS catalogue or a file")
    head = _head(place)
    if head.startswith(b"SIMPLE  ="):
        return "fits"
    if head.startswith(b"PAR1"):
        return "parquet"
    for magic, words in _FOREIGN.items():
        if head.startswith(magic):
            raise InputFileError(str(path), f"is {words}; expected one of {', '.join(FORMATS)}")
    return _sniff_text(place, head)


def gzip_fault(error: Exception) -> str | None:
    """Return what an exception over compressed content says of the file; None if it says nothing of it."""
    if isinstance(error, EOFError):
        return "is cut off: its gzip stream ends early; fetch the file again"
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return f"is a damaged gzip file ({error}); fetch the file again"
    return None


def _closed(error: Exception) -> str | None:
    return f"cannot be opened ({error.strerror or error})" if isinstance(error, OSError) else None


def _head(path: Path) -> bytes:
    with reading(path, "a file", says=_closed), open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise InputFileError(str(path), f"is empty (0 bytes); expected one of {', '.join(FORMATS)}")
    if not head.startswith(GZIP):
        return head
    with reading(path, "gzip", says=gzip_fault):
        inside = zlib.decompressobj(wbits=31).decompress(head, _HEAD_BYTES)
    if not inside:
        raise InputFileError(str(path), "is a gzip file that is cut off or holds nothing")
    return inside


def _sniff_text(path: Path, head: bytes) -> Format:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    start = text[:2048].lower()
    if text.startswith(b"# %ECSV"):
        return "ecsv"
    if b"<html" in start or b"<!doctype html" in start:
        raise InputFileError(str(path), "is an HTML page, probably a server's error page: fetch the file again")
    if text.startswith(b"<"):
        if re.search(rb"<(\w+:)?VOTABLE\b", text):
            return "votable"
        raise InputFileError(str(path), "is XML but not a VOTable")
    if b"\x00" in head:
        raise InputFileError(str(path), f"is binary and not recognised; expected one of {', '.join(FORMATS)}")
    if text[:1] in (b"{", b"["):
        raise InputFileError(str(path), "looks like JSON, which is not read as a table: convert it to CSV")
    suffixes = {s.lower() for s in path.suffixes}
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith(b"#")), b"")
    if first and (any(mark in first for mark in b",\t;|") or suffixes & _TEXT_SUFFIXES):
        return "csv"
    raise InputFileError(str(path), f"is text without separated columns; expected one of {', '.join(FORMATS)}")
