"""Logs of tasks: one file for each task that ran, with what the plugin said and what came of it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(message)s"
WRITE_S = 1.0
"""How often a task writes down how far it is, seconds."""


def log_path(folder: str | Path, product: str, part: str) -> Path:
    """Return the log of a task of one build, whose logs are in `folder`."""
    return Path(folder) / f"{product}-{part.replace('/', '-').replace(' ', '-')}.log"


@contextmanager
def task_log(folder: Path | None, product: str, part: str) -> Iterator[logging.Logger]:
    """Give a task's logger, whose messages go to the task's own file; without a folder they go nowhere."""
    logger = logging.getLogger(f"vacframe.task.{product}")
    if folder is None:
        yield logger
        return
    path = log_path(folder, product, part)
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield logger
    except BaseException as error:
        logger.error("%s: %s", type(error).__name__, error)
        raise
    finally:
        logger.removeHandler(handler)
        handler.close()


class RowCount:
    """Counts the rows that a running task is done with, in a small file that the coordinator glances at.

    Parameters
    ----------
    folder : Path
        Of the logs of the build.
    product, part : str
        The task.
    """

    def __init__(self, folder: Path, product: str, part: str) -> None:
        self._path = _count_path(folder, product, part)
        self._rows = 0
        self._written = time.monotonic()

    def add(self, rows: int) -> None:
        """Count further rows; written at most once a second."""
        self._rows += int(rows)
        now = time.monotonic()
        if now - self._written >= WRITE_S:
            self._written = now
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(str(self._rows))

    def close(self) -> None:
        """Take the file away."""
        self._path.unlink(missing_ok=True)


def rows_done(folder: Path, product: str, part: str) -> int:
    """Return how many rows a running task says it is done with."""
    with contextlib.suppress(OSError, ValueError):
        return int(_count_path(folder, product, part).read_text())
    return 0


def _count_path(folder: Path, product: str, part: str) -> Path:
    return log_path(folder, product, part).with_suffix(".rows")
