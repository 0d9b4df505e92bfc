"""Batches that are made smaller where a device's memory runs out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

Outcome = TypeVar("Outcome")


def run_with_smaller_batches(
    function: Callable[[int], Outcome],
    batch: int,
    is_out_of_memory: Callable[[BaseException], bool],
    *,
    smallest: int = 1,
    logger: logging.Logger | None = None,
) -> tuple[Outcome, int]:
    """Call a function with a batch size, halved each time that it runs out of memory.

    Parameters
    ----------
    function : callable
        Takes the batch size.
    batch : int
        Size to begin with.
    is_out_of_memory : callable
        Says whether an exception means that memory ran out; others are raised as they are.
    smallest : int
        Size below which the exception is raised.

    Returns
    -------
    outcome
        What the function returned.
    batch : int
        The size with which it did.
    """
    logger = logger or logging.getLogger(__name__)
    while True:
        try:
            return function(batch), batch
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if batch // 2 < smallest:
                error.add_note(f"memory ran out even with batches of {batch}")
                raise
            logger.warning("memory ran out with batches of %d, trying %d", batch, batch // 2)
        batch //= 2
