"""Models: named arrays with metadata, never pickle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import BaseModel

from vacframe.core.contract.errors import SchemaError


@dataclass(frozen=True)
class Model:
    """A trained model or any other set of arrays.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Numbers only; names are letters, digits and underscores.
    metadata : dict
        JSON values (from a Pydantic model's ``model_dump(mode="json")``, or a dict of such).
    """

    arrays: dict[str, np.ndarray]
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.metadata, BaseModel):
            object.__setattr__(self, "metadata", self.metadata.model_dump(mode="json"))
        for name, array in self.arrays.items():
            if not name.isidentifier() or np.asarray(array).dtype.kind not in "biuf":
                raise SchemaError(f"model array {name!r}: names are identifiers and values are numbers")

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]
