"""Files without their compression."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vacframe.io.formats import gzip_fault, is_gzip
from vacframe.io.read_errors import reading


@contextmanager
def plain_file(path: Path) -> Iterator[Path]:
    """Yield the path of the uncompressed file: `path` itself, or a temporary copy where it is a gzip.

    The copy lies in the temporary folder and takes disk, not memory.

    Raises
    ------
    InputFileError
        If the file cannot be opened, or is a gzip that is cut off or damaged.
    """
    with reading(path, "a file"):
        packed = is_gzip(path)
    if not packed:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="vacframe-", suffix=".plain") as copy:
        with reading(path, "gzip", says=gzip_fault), gzip.open(path, "rb") as stream:
            shutil.copyfileobj(stream, copy, 1 << 20)
            copy.flush()
        yield Path(copy.name)
