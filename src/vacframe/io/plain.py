"""Files without their compression."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vacframe.core.contract.errors import InputFileError
from vacframe.io.formats import is_gzip


@contextmanager
def plain_file(path: Path) -> Iterator[Path]:
    """Yield the path of the uncompressed file: `path` itself, or a temporary copy where it is a gzip.

    The copy lies in the temporary folder and takes disk, not memory.

    Raises
    ------
    InputFileError
        If the gzip is cut off or damaged.
    """
    if not is_gzip(path):
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="vacframe-", suffix=".plain") as copy:
        try:
            with gzip.open(path, "rb") as packed:
                shutil.copyfileobj(packed, copy, 1 << 20)
        except EOFError as error:
            raise InputFileError(str(path), "is cut off: its gzip stream ends early; fetch the file again") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise InputFileError(str(path), f"is a damaged gzip file ({error}); fetch the file again") from error
        copy.flush()
        yield Path(copy.name)
