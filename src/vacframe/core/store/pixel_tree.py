"""The pixel tree: how the sky is cut into partitions, the same for every product of a workspace.

It only ever splits, and is in no recipe: what a partition holds decides what is made again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vacframe.core.columns.pixel import Pixel
from vacframe.core.columns.position import pixel_of
from vacframe.core.contract.errors import StoreError

MAX_ORDER = 12


@dataclass
class PixelTree:
    """Leaves over the sphere.

    Attributes
    ----------
    least_order : int
        No leaf is coarser.
    split : set of (order, pixel)
        Pixels that are cut into their four children.
    """

    least_order: int = 0
    split: set[Pixel] = field(default_factory=set)

    def leaves(self, hp29: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return order and pixel of the leaf that holds each order-29 pixel, shapes (n,)."""
        order = np.full(len(hp29), self.least_order, dtype=np.int64)
        for level in range(self.least_order, MAX_ORDER + 1):
            cut = np.array([p for o, p in self.split if o == level], dtype=np.int64)
            if not len(cut):
                break
            inside = (order == level) & np.isin(pixel_of(hp29, level), cut)
            if not inside.any():
                break
            order[inside] = level + 1
        return order, np.asarray(hp29) >> (2 * (29 - order))

    def grow(self, hp29: np.ndarray, most_rows: int) -> bool:
        """Split leaves that hold more than `most_rows` of these rows; return whether any was split."""
        grown = False
        while True:
            order, pix = self.leaves(hp29)
            code = (np.int64(4) << (2 * order)) + pix
            found, first, count = np.unique(code, return_index=True, return_counts=True)
            full = [int(i) for i, n in zip(first, count, strict=True) if n > most_rows and order[i] < MAX_ORDER]
            if not full:
                return grown
            grown = True
            self.split |= {Pixel(int(order[i]), int(pix[i])) for i in full}
            del found

    def to_json(self) -> dict[str, object]:
        """Return the tree as JSON."""
        return {"least_order": self.least_order, "split": sorted([o, p] for o, p in self.split)}

    @classmethod
    def from_json(cls, value: dict) -> PixelTree:
        """Return the tree that `to_json` wrote."""
        try:
            return cls(int(value["least_order"]), {Pixel(int(o), int(p)) for o, p in value["split"]})
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"the workspace's pixel tree cannot be read ({error})") from None
