"""Rows of `reddening_map` and `dust_3d`: any map on the product's pixels and distances, or the analytic disc."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from vacframe import Batch, Rejects, Result, SourceFile
from vacframe.schemas.models import DUST_MODULUS_FIRST, DUST_MODULUS_STEP, DUST_SAMPLES
from vacframe_surveys.readers.dust_files import PixelValues, read_dust
from vacframe_surveys.readers.unusable import Unusable

MODULI = DUST_MODULUS_FIRST + DUST_MODULUS_STEP * np.arange(DUST_SAMPLES)


def read_map(files: Sequence[SourceFile], config: Any) -> Result:
    """Return the rows of `reddening_map`: the last distance of each file's pixels."""
    rejects = Rejects()
    order = config.reddening_map_order
    parts = [
        _rows(
            number,
            *on_order(found.order, found.pixel, found.values[:, -1:], order),
            order,
            config.dust_scale or found.scale,
        )
        for number, found in _read(files, order, rejects)
    ]
    for part in parts:
        part["ebv"] = part["ebv"][:, 0]
    return Result(_joined(parts, np.empty(0, np.float32)), rejects=rejects)


def read_cube(files: Sequence[SourceFile], config: Any) -> Result:
    """Return the rows of `dust_3d`: each file's pixels at the product's distance moduli."""
    rejects = Rejects()
    order = config.dust_3d_order
    parts = []
    for number, found in _read(files, order, rejects):
        count = found.values.shape[1]
        if count < 2:
            detail = "has one value a pixel: a map of reddening to infinity, not along lines of sight"
            rejects.add("not_three_dimensional", detail, files=files[number].name)
            continue
        first, step = config.dust_moduli
        moduli = first + step * np.arange(count) if found.moduli is None else found.moduli
        pixels, values = on_order(found.order, found.pixel, found.values, order)
        parts.append(_rows(number, pixels, at_moduli(values, moduli), order, config.dust_scale or found.scale))
    return Result(_joined(parts, np.empty((0, DUST_SAMPLES), np.float32)), rejects=rejects)


def _read(files: Sequence[SourceFile], order: int, rejects: Rejects) -> Iterator[tuple[int, PixelValues]]:
    for number, file in enumerate(files):
        assert file.path is not None
        try:
            yield number, read_dust(file.path, order)
        except Unusable as error:
            rejects.add(error.reason, error.detail, files=file.name)


def _rows(number: int, pixels: np.ndarray, values: np.ndarray, order: int, scale: str) -> dict[str, Any]:
    return {
        "healpix": pixels,
        "healpix_order": np.full(len(pixels), order, np.int8),
        "ebv": values.astype(np.float32),
        "scale": np.full(len(pixels), scale, dtype=object),
        "_file": np.full(len(pixels), number),
        "_row": np.arange(len(pixels)),
    }


def _joined(parts: list[dict[str, Any]], empty: np.ndarray) -> dict[str, Any]:
    if parts:
        return {n: np.concatenate([p[n] for p in parts]) for n in parts[0]}
    none = np.empty(0, np.int64)
    names = {"healpix": none, "healpix_order": none.astype(np.int8), "ebv": empty, "scale": none.astype(object)}
    return names | {"_file": none, "_row": none}


def on_order(order: np.ndarray, pixel: np.ndarray, values: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels of one order: finer ones averaged over the area with data, coarser ones repeated.

    Parameters
    ----------
    order, pixel : ndarray of int64, shape (n,)
        HEALPix pixels (NESTED) of any orders.
    values : ndarray, shape (n, m)
        NaN is no data.
    target : int
        Order wanted.

    Returns
    -------
    tuple of ndarray
        Pixels of order `target` with data, ascending, and their values, float64.
    """
    count = 12 << (2 * target)
    total, weight = np.zeros((count, values.shape[1])), np.zeros((count, values.shape[1]))
    for k in np.unique(order).tolist():
        rows = np.flatnonzero(order == k)
        mine, known = values[rows].astype(np.float64), np.isfinite(values[rows])
        mine[~known] = 0.0
        if k <= target:
            inside = 1 << (2 * (target - k))
            places = pixel[rows, None] * inside + np.arange(inside)
            total[places] += mine[:, None]
            weight[places] += known[:, None]
        else:
            places, area = pixel[rows] >> (2 * (k - target)), 0.25 ** (k - target)
            np.add.at(total, places, mine * area)
            np.add.at(weight, places, known * area)
    seen = np.flatnonzero(weight.any(axis=1))
    with np.errstate(invalid="ignore"):
        return seen, np.asarray(total[seen] / weight[seen])


def at_moduli(values: np.ndarray, moduli: np.ndarray) -> np.ndarray:
    """Return values, shape (n, m), at the product's distance moduli: linear between, constant beyond the last.

    Before the first modulus the reddening is proportional to distance.
    """
    if values.shape[1] == DUST_SAMPLES and np.allclose(moduli, MODULI, atol=1e-6):
        return values
    place = np.interp(MODULI, moduli, np.arange(len(moduli)))
    low = np.minimum(place.astype(np.int64), len(moduli) - 2)
    part = place - low
    nearer = np.minimum(10.0 ** (0.2 * (MODULI - moduli[0])), 1.0)
    return np.asarray((values[:, low] * (1.0 - part) + values[:, low + 1] * part) * nearer)


def disc_cube(reddening: Batch, config: Any, shards: int = 1) -> Result:
    """Return `dust_3d` of the analytic disc, scaled to the reddening map where there is one.

    A_V = 2.742 ebv: the disc's A_V at infinity is 3.1 f E(B-V) of the map (`vacframe.astro.dust.av_infinity`).
    Without shards there are no rows.
    """
    import healpy

    from vacframe.astro.dust import FAR, DustDisc, av_infinity
    from vacframe.astro.extinction import coefficient

    if not shards:
        return Result(_joined([], np.empty((0, DUST_SAMPLES), np.float32)))
    settings = config.dust_disc
    disc = DustDisc(**settings.model_dump(exclude={"sfd_correction", "av_per_kpc"}))
    order = config.dust_3d_order
    pixels = np.arange(12 << (2 * order), dtype=np.int64)
    lon, lat = healpy.pix2ang(1 << order, pixels, nest=True, lonlat=True)
    integrals = disc.integrals(lon, lat, np.append(np.minimum(10.0 ** (0.2 * MODULI - 2.0), FAR), FAR))
    av = settings.av_per_kpc * integrals[:, -1]
    orders = np.asarray(reddening["healpix_order"], np.int64)
    seen, mean = on_order(orders, reddening["healpix"], reddening["ebv"][:, None], order)
    av[seen] = av_infinity(mean[:, 0]) if settings.sfd_correction else mean[:, 0] * coefficient("v")
    ebv = integrals[:, :-1] / integrals[:, -1:] * av[:, None] / coefficient("v")
    return Result(_rows(0, pixels, ebv, order, "disc"), counts={"pixels_scaled_to_the_map": len(seen)})
