"""Logs of tasks: one file for each task that ran, with what the plugin said and what came of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(message)s"


def log_path(folder: str | Path, product: str, part: str) -> Path:
    """Return the log of a task of one build, whose logs are in `folder`."""
    return Path(folder) / f"{product}-{part.replace('/', '-').replace(' ', '-')}.log"


@contextmanager
def task_log(folder: str | None, product: str, part: str) -> Iterator[logging.Logger]:
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
