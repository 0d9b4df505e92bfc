"""Pixels of the sky: HEALPix, NESTED, in ICRS; one partition is the rows of one pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vacframe.core.columns.position import HEALPIX_ORDER, pixel_of

MARGIN_LEVELS = 8
"""How many orders finer than a partition the pixels are, at most, by which its margin is cut out."""
NARROWEST = 0.5
"""Width of a HEALPix pixel across its narrowest place, at least, in units of the root of its area."""


class Pixel(NamedTuple):
    """One HEALPix pixel; its text is ``order/number``."""

    order: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Pixel:
        """Return the pixel that ``order/number`` (or ``NorderK/NpixN``) names; ValueError where it names none."""
        bare = text.strip().replace("Norder", "").replace("Npix", "").replace("=", "")
        order, _, number = bare.partition("/")
        if not (order.isdigit() and number.isdigit()):
            raise ValueError(f"{text!r} is no pixel: expected order/number, such as 3/512")
        pixel = cls(int(order), int(number))
        if pixel.order > HEALPIX_ORDER or pixel.number >= 12 << 2 * pixel.order:
            raise ValueError(f"{text!r} is no pixel: order {pixel.order} has {12 << 2 * pixel.order} of them")
        return pixel

    @property
    def first(self) -> int:
        """The first order-29 pixel inside, by which pixels are in the order of the sky."""
        return self.number << 2 * (HEALPIX_ORDER - self.order)

    def holds(self, hp29: np.ndarray) -> np.ndarray:
        """Return which order-29 pixels lie inside, shape (n,), dtype bool."""
        return np.asarray(pixel_of(hp29, self.order) == self.number)

    def __str__(self) -> str:
        return f"{self.order}/{self.number}"


def parts_within(parts: Sequence[Pixel], pixel: Pixel, margin: float) -> list[Pixel]:
    """Return those of `parts` that come within `margin` degrees of a pixel (some further ones may be among them)."""
    import healpy

    if not parts:
        return []
    order, number = np.array(parts, dtype=np.int64).T
    radius = {o: float(np.degrees(healpy.max_pixrad(1 << int(o)))) for o in {*order.tolist(), pixel.order}}
    centre = np.array(healpy.pix2vec(1 << pixel.order, pixel.number, nest=True))
    others = np.stack(healpy.pix2vec(1 << order, number, nest=True), axis=1)
    angle = np.degrees(np.arccos(np.clip(others @ centre, -1, 1)))
    reach = np.array([radius[o] for o in order.tolist()]) + radius[pixel.order] + margin
    return [parts[i] for i in np.flatnonzero(angle <= reach).tolist()]


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
