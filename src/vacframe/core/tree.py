"""The pixel tree: how the sky is cut into partitions, the same for every product of a workspace.

It only ever splits, and is in no recipe: what a partition holds decides what is made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from vacframe.core.errors import StoreError
from vacframe.core.home import pixel_of

MAX_ORDER = 12
MARGIN_LEVELS = 8
"""How many orders finer than a partition the pixels are, at most, by which its margin is cut out."""
NARROWEST = 0.5
"""Width of a HEALPix pixel across its narrowest place, at least, in units of the root of its area."""
Pixel = tuple[int, int]


def part_name(pixel: Pixel) -> str:
    """Return a partition as ``order/pixel``."""
    return f"{pixel[0]}/{pixel[1]}"


def parse_part(name: str) -> Pixel:
    """Return the partition that ``order/pixel`` (or ``NorderK/NpixN``) names."""
    order, _, pix = (
        name.replace("Norder=", "").replace("Npix=", "").replace("Norder", "").replace("Npix", "").partition("/")
    )
    return int(order), int(pix)


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
            self.split |= {(int(order[i]), int(pix[i])) for i in full}
            del found

    def to_json(self) -> dict[str, object]:
        """Return the tree as JSON."""
        return {"least_order": self.least_order, "split": sorted([o, p] for o, p in self.split)}

    @classmethod
    def from_json(cls, value: dict) -> PixelTree:
        """Return the tree that `to_json` wrote."""
        try:
            return cls(int(value["least_order"]), {(int(o), int(p)) for o, p in value["split"]})
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"the workspace's pixel tree cannot be read ({error})") from None


def parts_within(parts: Iterable[Pixel], pixel: Pixel, margin: float) -> list[Pixel]:
    """Return those of `parts` that come within `margin` degrees of a pixel (some further ones may be among them)."""
    import healpy

    def disc(part: Pixel) -> tuple[np.ndarray, float]:
        nside = 1 << part[0]
        return np.array(healpy.pix2vec(nside, part[1], nest=True)), float(np.degrees(healpy.max_pixrad(nside)))

    centre, radius = disc(pixel)
    near = []
    for part in parts:
        other, other_radius = disc(part)
        angle = np.degrees(np.arccos(np.clip(centre @ other, -1, 1)))
        if angle <= radius + other_radius + margin:
            near.append(part)
    return near


def margin_pixels(pixel: Pixel, margin: float) -> tuple[int, np.ndarray] | None:
    """Return pixels around a partition that hold all outside of it that comes within a margin.

    Parameters
    ----------
    pixel : tuple of int
        Order and number of the partition.
    margin : float
        Degrees.

    Returns
    -------
    tuple of int and ndarray, or None
        An order, and the sorted pixels of that order that touch the partition from outside: the finest order whose
        pixels are as wide as the margin. None where those of the partition's own order are not.
    """
    import healpy

    order, number = pixel
    fine = order + MARGIN_LEVELS
    while NARROWEST * np.degrees(healpy.nside2resol(1 << fine)) < margin:
        fine -= 1
        if fine < order:
            return None
    levels = fine - order
    side = np.arange(1 << levels)
    x = np.concatenate([side, side, 0 * side, 0 * side + side[-1]])
    y = np.concatenate([0 * side, 0 * side + side[-1], side, side])
    edge = (number << (2 * levels)) + healpy.xyf2pix(1 << levels, x, y, 0, nest=True)
    around = np.unique(healpy.get_all_neighbours(1 << fine, edge, nest=True))
    return fine, around[(around >= 0) & (around >> (2 * levels) != number)]
