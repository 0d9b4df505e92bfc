"""The context of a task: configuration, random numbers, device, logger, progress."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from pydantic import BaseModel

from vacframe.core.columns.digest import text_seed
from vacframe.core.columns.random import RowRandom
from vacframe.core.contract.device import CPU, Device
from vacframe.core.contract.errors import PluginError


class ConfigView:
    """Those fields of a plugin's configuration that a product declares it reads."""

    def __init__(self, config: BaseModel, fields: tuple[str, ...] | None, product: str) -> None:
        self._config = config
        self._fields = fields
        self._product = product

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._fields is not None and name not in self._fields and name in type(self._config).model_fields:
            raise PluginError(
                f"product {self._product!r} reads configuration field {name!r} but declares only "
                f"config_fields={list(self._fields)}; add it there, so that a change makes the product again"
            )
        return getattr(self._config, name)


class Context:
    """What `run` knows besides its inputs.

    Attributes
    ----------
    product : str
        The product being made.
    config : the plugin's configuration model
        Only the fields named in the product's ``config_fields``.
    seed : int
        Seed of the build; use `rng` rather than this.
    device : Device
        The leased device.
    logger : logging.Logger
        Goes to the task's own log file.
    """

    def __init__(
        self,
        product: str,
        config: BaseModel,
        *,
        seed: int = 0,
        device: Device = CPU,
        config_fields: tuple[str, ...] | None = None,
        logger: logging.Logger | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self.product = product
        self.config: Any = ConfigView(config, config_fields, product)
        self.seed = seed
        self.device = device
        self.logger = logger or logging.getLogger(f"vacframe.task.{product}")
        self._on_progress = on_progress

    def rng(self, keys: np.ndarray, stream: str = "") -> RowRandom:
        """Return random numbers for rows with these keys.

        They depend on the build's seed, the product, `stream` and each row's own key only.

        Parameters
        ----------
        keys : ndarray of int or str, shape (n,)
            Row keys.
        stream : str
            Name of an independent stream.
        """
        return RowRandom(np.asarray(keys), text_seed(self.seed, self.product, stream))

    def split(self, keys: np.ndarray, fraction: float, name: str = "split") -> np.ndarray:
        """Return which rows fall into a random `fraction`, by a hash of their keys.

        The answer for a key does not depend on the product, the other rows or the seed of the build.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        return RowRandom(np.asarray(keys), text_seed("split", name)).uniform() < fraction

    def progress(self, rows: int) -> None:
        """Tell that `rows` more rows are done; shown while the task runs."""
        if self._on_progress is not None:
            self._on_progress(rows)
