"""Specifications of tasks and their answers: all that a worker is told, and all that it tells; small and picklable.

Tables never travel: a specification names files, and a worker writes what it makes.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from vacframe.core.columns.batch import SourceFile
from vacframe.core.columns.position import stored_schema
from vacframe.core.contract.device import CPU, Device
from vacframe.core.contract.needs import Need
from vacframe.core.contract.product import Product
from vacframe.core.contract.schema import TableSchema
from vacframe.core.contract.settings import SourceConfig


@dataclass(frozen=True)
class ProductSpec:
    """What every task of a product is told.

    Attributes
    ----------
    product : Product
        Declaration under the current configuration.
    provider : str
        The plugin that makes it, or ``files``.
    config : dict
        The plugin's configuration, as JSON.
    seed : int
        Of the build.
    recipe : dict
        What determines the results beside the inputs.
    needs, absent : tuple of Need
        Inputs that are provided; optional ones that nothing provides.
    folder : Path
        Of the product in the workspace.
    logs, capsules : Path
        Where logs, and the inputs of failed tasks, go.
    chunk_bytes : int
        Memory budget of a chunk of a row-wise product.
    build : str
        Identifier of the build.
    """

    product: Product
    provider: str
    config: dict[str, Any]
    seed: int
    recipe: dict[str, Any]
    needs: tuple[Need, ...]
    absent: tuple[Need, ...]
    folder: Path
    logs: Path
    capsules: Path
    chunk_bytes: int
    build: str

    @cached_property
    def stored(self) -> TableSchema | None:
        """Schema of the stored table."""
        return None if self.product.table is None else stored_schema(self.product.table)

    @cached_property
    def _pickled(self) -> bytes:
        return pickle.dumps({name: getattr(self, name) for name in self.__dataclass_fields__})

    def __reduce__(self) -> tuple[Callable[[bytes], ProductSpec], tuple[bytes]]:
        # Of thousands of tasks it is the same: packed once by the coordinator, unpacked once by each worker.
        return _unpacked, (self._pickled,)


@lru_cache(maxsize=64)
def _unpacked(packed: bytes) -> ProductSpec:
    return ProductSpec(**pickle.loads(packed))


@dataclass(frozen=True)
class InputSpec:
    """Where the rows of one need lie.

    Attributes
    ----------
    schema : TableSchema or None
        Of the stored table; None for a model.
    files : dict of str to str
        Partition → file, of the partitions that may be read (of a model: ``all`` → its folder).
    digest : str or None
        Of exactly what is read; None where only reading can tell.
    index : str or None
        Folder of the index of keys, for rows looked up by key over the sky.
    leaves : dict or None
        The pixel tree, as JSON, by which the index's positions lead to partitions.
    """

    schema: TableSchema | None
    files: dict[str, str]
    digest: str | None = None
    index: str | None = None
    leaves: dict[str, Any] | None = None


@dataclass(frozen=True)
class MakeSpec:
    """One task of a product that is made from other products' rows.

    Attributes
    ----------
    of : ProductSpec
    part : str
        The partition, ``order/number``, or ``all``.
    inputs : dict of str to InputSpec
        By product.
    key, digests : str and dict, or None
        Key of the result and digests of the inputs, where they are known before reading.
    device : Device
        Leased for it.
    """

    of: ProductSpec
    part: str
    inputs: dict[str, InputSpec] = field(default_factory=dict)
    key: str | None = None
    digests: dict[str, str] | None = None
    device: Device = CPU
    task: Literal["make"] = "make"


@dataclass(frozen=True)
class PilotRows:
    """Which rows of a source a pilot run takes: those of a condition, and those in some pixels (empty: all)."""

    where: str = ""
    pixels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScanSpec:
    """One task that reads files (or shards) of a source.

    Attributes
    ----------
    of : ProductSpec
    part : str
        Its name in logs and reports.
    files : tuple of SourceFile
        What it reads.
    source : SourceConfig or None
        The user's mapping, where the core reads the files as plain tables; None where the plugin reads them.
    only_file : bool
        Whether the source has just this one file, so that one that cannot be read is an error rather than a reject.
    inputs : dict of str to InputSpec
        Other products that the plugin's reader needs.
    pilot : PilotRows or None
    device : Device
    """

    of: ProductSpec
    part: str
    files: tuple[SourceFile, ...]
    source: SourceConfig | None = None
    only_file: bool = False
    inputs: dict[str, InputSpec] = field(default_factory=dict)
    pilot: PilotRows | None = None
    device: Device = CPU
    task: Literal["scan"] = "scan"


@dataclass(frozen=True)
class ScannedRows:
    """Rows of one scanned group that a partition gathers.

    Attributes
    ----------
    group : str
        Folder of the group.
    rows : list of int
        Ascending.
    pixels : list of int or None
        Order-29 pixels of the rows, where they come from an anchor or an identifier rather than from the file.
    """

    group: str
    rows: list[int]
    pixels: list[int] | None = None


@dataclass(frozen=True)
class GatherSpec:
    """One task that collects the rows of a partition of a source.

    Attributes
    ----------
    of : ProductSpec
    part : str
    key : str
        Of the result.
    digests : dict of str to str
        Of the rows.
    groups : tuple of ScannedRows
    device : Device
    """

    of: ProductSpec
    part: str
    key: str
    digests: dict[str, str]
    groups: tuple[ScannedRows, ...]
    device: Device = CPU


TaskSpec = MakeSpec | ScanSpec | GatherSpec


@dataclass(frozen=True)
class ScanAnswer:
    """What a scan task tells: the group that it wrote."""

    group: str
    seconds: float
    rows: int = 0
    adopted: bool = False


@dataclass(frozen=True)
class ResultAnswer:
    """What a task tells that made a result.

    Attributes
    ----------
    key : str
        Of the result.
    inputs : dict of str to str
        Input → digest of exactly what was read.
    adopted : bool
        Whether a result with that key was there.
    rows : int
    seconds : float
        Of the worker.
    """

    key: str
    inputs: dict[str, str]
    adopted: bool
    rows: int
    seconds: float


Answer = ScanAnswer | ResultAnswer
