"""Dust maps in files: arrays, HEALPix FITS, the images of SFD, Bayestar's HDF5."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vacframe_surveys.readers.unusable import Unusable, open_hdf5, reading

FORMS = (
    "a NumPy array of every HEALPix pixel (NESTED, Galactic), HEALPix FITS, FITS images of SFD (one per Galactic "
    "hemisphere), a FITS table with healpix, healpix_order and ebv, or Bayestar's HDF5"
)


REASON = "not_a_dust_map"
"""Code of the rejects: a file that is none of the forms, or lacks what its form needs."""


@dataclass(frozen=True)
class PixelValues:
    """Reddenings in HEALPix pixels (NESTED, Galactic) of one or several orders.

    Attributes
    ----------
    order, pixel : ndarray of int64, shape (n,)
    values : ndarray, shape (n, m)
        NaN is no data. With m = 1: to infinity.
    moduli : ndarray of shape (m,) or None
        Distance moduli of the columns where the file states them.
    scale : str
        Unit of the values.
    """

    order: np.ndarray
    pixel: np.ndarray
    values: np.ndarray
    moduli: np.ndarray | None = None
    scale: str = "sfd"


def read_dust(path: Path, order: int) -> PixelValues:
    """Read one file; `order` is that of the pixels at whose centres an image is sampled.

    Raises
    ------
    Unusable
        If it is not a dust map.
    """
    head = path.open("rb").read(10)
    if head.startswith(b"\x93NUMPY"):
        return _array(path)
    if head.startswith(b"\x89HDF"):
        return _bayestar(path)
    if head.startswith((b"SIMPLE", b"\x1f\x8b")):
        return _fits(path, order)
    raise Unusable(REASON, f"is none of: {FORMS}")


def _whole_sky_order(count: int) -> int:
    """Return the HEALPix order with `count` pixels."""
    order = round(math.log2(count / 12) / 2) if count else -1
    if order < 0 or 12 * 4**order != count:
        raise Unusable(REASON, f"has {count} rows, which is no whole sky of HEALPix pixels (12, 48, 192, ... rows)")
    return order


def _whole(values: np.ndarray, scale: str = "sfd") -> PixelValues:
    values = values.reshape(len(values), -1)
    pixel = np.arange(len(values), dtype=np.int64)
    return PixelValues(np.full(len(values), _whole_sky_order(len(values))), pixel, values, scale=scale)


def _array(path: Path) -> PixelValues:
    with reading("a NumPy array", REASON):
        values = np.load(path, allow_pickle=False)
    if values.dtype.kind != "f" or values.ndim not in (1, 2):
        raise Unusable(
            REASON, f"holds {values.dtype} of shape {values.shape}; expected floats, (pixels,) or (pixels, moduli)"
        )
    return _whole(values)


def _bayestar(path: Path) -> PixelValues:
    with open_hdf5(path, "HDF5", REASON) as file:
        if "pixel_info" not in file or "best_fit" not in file:
            raise Unusable(REASON, "is HDF5 without pixel_info and best_fit, so it is not a Bayestar map")
        pixels = file["pixel_info"][:]
        moduli = np.asarray(file["pixel_info"].attrs["DM_bin_edges"], np.float64)
        values = file["best_fit"][:]
    order = np.round(np.log2(pixels["nside"])).astype(np.int64)
    return PixelValues(order, pixels["healpix_index"].astype(np.int64), values, moduli, "bayestar19")


def _fits(path: Path, order: int) -> PixelValues:
    from astropy.io import fits

    with reading("FITS", REASON), fits.open(path) as units:
        for unit in units:
            if isinstance(unit, fits.BinTableHDU):
                return _fits_table(unit)
            if unit.header.get("NAXIS") == 2 and str(unit.header.get("CTYPE1", "")).startswith("GLON"):
                return _image(unit.data, unit.header, order)
    raise Unusable(REASON, f"is FITS without a HEALPix table or an image in Galactic coordinates; expected {FORMS}")


def _fits_table(unit: Any) -> PixelValues:
    header, data = unit.header, unit.data
    names = {n.lower(): n for n in data.names}
    if {"healpix", "ebv"} <= set(names):
        count = len(data)
        if "healpix_order" not in names:
            raise Unusable(REASON, "has columns healpix and ebv but no healpix_order")
        order = data[names["healpix_order"]]
        values = np.asarray(data[names["ebv"]], np.float32).reshape(count, -1)
        return PixelValues(np.asarray(order, np.int64), np.asarray(data[names["healpix"]], np.int64), values)
    if header.get("PIXTYPE") != "HEALPIX":
        raise Unusable(REASON, f"is a FITS table with columns {', '.join(data.names)}; expected PIXTYPE = HEALPIX")
    return _healpix(header, data)


def _healpix(header: Any, data: Any) -> PixelValues:
    import healpy

    first = np.asarray(data.field(0)).ravel().astype(np.float32)
    nside = int(header["NSIDE"])
    if header.get("INDXSCHM") == "EXPLICIT":
        full = np.full(12 * nside**2, np.nan, np.float32)
        full[first.astype(np.int64)] = np.asarray(data.field(1)).ravel()
        first = full
    first = np.where(first < -1e30, np.nan, first)
    nested = str(header.get("ORDERING", "RING")).upper().startswith("NEST")
    system = str(header.get("COORDSYS", "G")).strip().upper()[:1]
    if system == "G":
        return _whole(first if nested else healpy.reorder(first, r2n=True))
    if system != "C":
        raise Unusable(REASON, f"has COORDSYS {system!r}; expected G (Galactic) or C (equatorial)")
    from astropy.coordinates import SkyCoord

    lon, lat = healpy.pix2ang(nside, np.arange(12 * nside**2), nest=True, lonlat=True)
    sky = SkyCoord(lon, lat, unit="deg", frame="galactic").icrs
    return _whole(first[healpy.ang2pix(nside, sky.ra.deg, sky.dec.deg, nest=nested, lonlat=True)])


def _image(image: np.ndarray, header: Any, order: int) -> PixelValues:
    """Sample an image of one Galactic hemisphere at the centres of its pixels, bilinearly."""
    import healpy
    from astropy.wcs import WCS
    from scipy.ndimage import map_coordinates

    wcs = WCS(header)
    north = float(wcs.wcs.crval[1]) > 0
    pixel = np.arange(12 << (2 * order), dtype=np.int64)
    lon, lat = healpy.pix2ang(1 << order, pixel, nest=True, lonlat=True)
    mine = (lat >= 0) == north
    x, y = wcs.wcs_world2pix(lon[mine], lat[mine], 0)
    inside = (x > -0.5) & (x < image.shape[1] - 0.5) & (y > -0.5) & (y < image.shape[0] - 0.5)
    values = map_coordinates(np.asarray(image, np.float64), [y, x], order=1, mode="nearest")
    values = np.where(inside, values, np.nan).astype(np.float32)
    return PixelValues(np.full(mine.sum(), order), pixel[mine], values[:, None])
