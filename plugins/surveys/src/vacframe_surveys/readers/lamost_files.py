"""LAMOST low-resolution FITS files: one spectrum each, in any of the survey's three layouts.

`read_fast` views the few cards and the data block of the usual files; whatever it does not know it leaves to
`read_astropy`, which decides. Both give the same `Spectrum`.
"""

from __future__ import annotations

import gzip
import io
import math
import re
import warnings
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from vacframe_surveys.readers.unusable import Unusable, reading

try:  # the extra "fast": the same bytes in 0.6 of the time
    from isal import isal_zlib as inflater
except ImportError:
    import zlib as inflater

Card = str | int | float | bool
KEYS = (
    *("OBSID", "RA", "DEC", "Z", "CLASS", "SUBCLASS", "DATE-OBS", "LMJD", "PLANID", "SPID", "FIBERID"),
    *(f"{prefix}{band}" for prefix in ("SNR", "SN_") for band in "UGRIZ"),
    *("COEFF0", "COEFF1", "VACUUM", "HELIO"),
)
"""Cards of the primary header that are read."""
COLUMNS = ("FLUX", "IVAR", "WAVELENGTH", "ANDMASK")
IMAGE_ROWS = 5
"""Rows of the image layouts: flux, inverse variance, wavelength or continuum, ANDMASK, ORMASK."""
BLOCK = 2880
"""FITS block, bytes (FITS standard 4.0, section 3.1)."""
CARD = 80
FIRST_CARD = b"SIMPLE  ="
_IMAGE_TYPES = {-32: ">f4", -64: ">f8"}
_COLUMN_TYPES = {"E": ">f4", "D": ">f8", "I": ">i2", "J": ">i4", "K": ">i8"}
_TEXT = re.compile(r" *'((?:[^']|'')*)' *(?:/.*)?")
_PADDED = {key: key.encode().ljust(8) for key in KEYS}
_END = b"END".ljust(CARD)
_MEDIUM = re.compile(r"COADD_[BR]|[BR]-\d+")


class _Unusual(Exception):
    """Something that the fast path leaves to astropy."""


@dataclass(frozen=True)
class Spectrum:
    """One spectrum as the file has it; arrays of shape (n,), n pixels, native byte order.

    Attributes
    ----------
    cards : dict
        Those of `KEYS` that have a value.
    flux, ivar : ndarray
        Relative flux and its inverse variance.
    third : ndarray
        Wavelength in Angstrom (vacuum), or the subtracted continuum in the oldest layout.
    andmask : ndarray
        Bits that are set in every exposure; 0 is good.
    """

    cards: dict[str, Card]
    flux: np.ndarray
    ivar: np.ndarray
    third: np.ndarray
    andmask: np.ndarray


def read_file(path: Path) -> Spectrum:
    """Return the spectrum of a FITS file, gzipped or not.

    Raises
    ------
    Unusable
        If the file gives none; the reasons are listed in the plugin's README.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unusable("unreadable", f"cannot be opened ({error.strerror})") from None
    raw = inflate(data)
    spectrum = read_fast(raw)
    return read_astropy(raw) if spectrum is None else spectrum


def inflate(data: bytes) -> bytes:
    """Return the content of a gzip file of any number of members; other data as they are.

    Raises
    ------
    Unusable
        ``truncated_gzip`` or ``damaged_gzip``.
    """
    if data[:2] != b"\x1f\x8b":
        return data
    size = int.from_bytes(data[-4:], "little")
    try:
        if size < 1024 * len(data):  # the greatest ratio of deflate; anything else is no size
            raw: bytes = inflater.decompress(data, wbits=31, bufsize=max(size, 1))
            if len(raw) == size:
                return raw
    except (zlib.error, inflater.error):
        pass  # gzip says what is wrong, or reads several members
    try:
        return gzip.decompress(data)
    except EOFError:
        raise Unusable("truncated_gzip", "the gzip file ends early; fetch it again") from None
    except (OSError, zlib.error) as error:
        raise Unusable("damaged_gzip", f"the gzip file is damaged ({error}); fetch it again") from None


def read_fast(raw: bytes) -> Spectrum | None:
    """Return the spectrum of a FITS file's content without astropy, None where anything is unusual."""
    try:
        if not raw.startswith(FIRST_CARD):
            return None
        places, end = _header(raw, 0)
        axes = _value(raw, places, "NAXIS")
        if axes == 2:
            arrays = _fast_image(raw, places, end)
        elif axes == 0:
            arrays = _fast_table(raw, end)
        else:
            return None
        cards = {key: _card(raw, places[padded]) for key, padded in _PADDED.items() if padded in places}
    except _Unusual:
        return None
    return Spectrum(cards, *(a.astype(a.dtype.newbyteorder("=")) for a in arrays))


def _field(key: str) -> bytes:
    return key.encode().ljust(8)


def _header(raw: bytes, start: int) -> tuple[dict[bytes, int], int]:
    """Return where each keyword's first card is, and where the data begin."""
    places: dict[bytes, int] = {}
    for at in range(start, len(raw) - CARD + 1, CARD):
        key = raw[at : at + 8]
        if key == b"END     ":
            return places, start + -(-(at + CARD - start) // BLOCK) * BLOCK
        places.setdefault(key, at)
    raise _Unusual


def _value(raw: bytes, places: dict[bytes, int], key: str) -> Card:
    at = places.get(_field(key))
    if at is None:
        raise _Unusual
    return _card(raw, at)


def _card(raw: bytes, at: int) -> Card:
    """Return the value of the card at a place: text, integer, number or logical (FITS standard 4.0, section 4.2)."""
    try:
        indicator, body = raw[at + 8 : at + 10], raw[at + 10 : at + CARD].decode("ascii")
        if indicator != b"= ":
            raise _Unusual
        word = body.split("/", 1)[0].strip()
        if word[:1] == "'":
            text = _TEXT.fullmatch(body)
            if text is None or text[1].endswith("&"):
                raise _Unusual
            return text[1].replace("''", "'").rstrip()
        if word in ("T", "F"):
            return word == "T"
        return int(word) if word.lstrip("+-").isdigit() else float(word)
    except ValueError:
        raise _Unusual from None


def _block(raw: bytes, kind: str, count: int, offset: int) -> np.ndarray:
    if count < 1 or offset + count * np.dtype(kind).itemsize > len(raw):
        raise _Unusual
    return np.frombuffer(raw, kind, count, offset)


def _fast_image(raw: bytes, places: dict[bytes, int], end: int) -> list[np.ndarray]:
    width, rows = _value(raw, places, "NAXIS1"), _value(raw, places, "NAXIS2")
    kind = _IMAGE_TYPES.get(_value(raw, places, "BITPIX"))  # type: ignore[arg-type]
    scaled = any(_field(key) in places for key in ("BSCALE", "BZERO", "BLANK"))
    if kind is None or rows != IMAGE_ROWS or scaled or not isinstance(width, int):
        raise _Unusual
    image = _block(raw, kind, IMAGE_ROWS * width, end).reshape(IMAGE_ROWS, width)
    return list(image[: len(COLUMNS)])


def _fast_table(raw: bytes, start: int) -> list[np.ndarray]:
    last = raw.find(_END, start)
    if last < 0 or (last - start) % CARD:
        raise _Unusual
    header = raw[start : last + CARD]
    end = start + -(-len(header) // BLOCK) * BLOCK
    return [_block(raw, kind, count, end + offset) for kind, count, offset in _table_layout(header)]


@lru_cache(maxsize=64)
def _table_layout(header: bytes) -> tuple[tuple[str, int, int], ...]:
    """Return type, length and offset of each of `COLUMNS`; the header of the table differs in few files."""
    places, _ = _header(header, 0)
    expected: dict[str, Card] = {"XTENSION": "BINTABLE", "EXTNAME": "COADD", "NAXIS2": 1, "PCOUNT": 0, "GCOUNT": 1}
    if any(_value(header, places, key) != value for key, value in expected.items()):
        raise _Unusual
    if any(key.startswith((b"TSCAL", b"TZERO", b"TNULL")) for key in places):
        raise _Unusual
    found, offset = {}, 0
    for number in range(1, int(_value(header, places, "TFIELDS")) + 1):
        form = str(_value(header, places, f"TFORM{number}"))
        kind, repeat = _COLUMN_TYPES.get(form[-1:]), form[:-1]
        if kind is None or not repeat.isdigit():
            raise _Unusual
        found[str(_value(header, places, f"TTYPE{number}"))] = (kind, int(repeat), offset)
        offset += int(repeat) * np.dtype(kind).itemsize
    if offset != _value(header, places, "NAXIS1") or not {*COLUMNS} <= {*found}:
        raise _Unusual
    layout = tuple(found[name] for name in COLUMNS)
    if len({count for _, count, _ in layout}) > 1:
        raise _Unusual
    return layout


def read_astropy(raw: bytes) -> Spectrum:
    """Return the spectrum of a FITS file's content, read by `astropy.io.fits`.

    Raises
    ------
    Unusable
        If the content gives none.
    """
    from astropy.io import fits

    if not raw.startswith(FIRST_CARD):
        raise Unusable("not_fits", "the content does not begin with SIMPLE =, so it is no FITS file")
    with warnings.catch_warnings(), reading("FITS", "damaged_fits"):
        warnings.simplefilter("ignore")
        with fits.open(io.BytesIO(raw), memmap=False) as units:
            arrays = _astropy_arrays(units, fits)
            header = units[0].header
            cards = {k: header[k] for k in KEYS if isinstance(header.get(k), Card)}
    return Spectrum(cards, *(np.asarray(a, a.dtype.newbyteorder("=")) for a in arrays))


def _astropy_arrays(units: Any, fits: Any) -> list[np.ndarray]:
    names = [str(u.name) for u in units]
    medium = [n for n in names if _MEDIUM.fullmatch(n)]
    if medium:
        raise Unusable("medium_resolution", f"extension {medium[0]} is of a medium-resolution file")
    first = units[0]
    if first.data is not None:
        if first.data.ndim != 2 or len(first.data) != IMAGE_ROWS:
            raise Unusable("unknown_layout", f"image of shape {first.data.shape}, expected ({IMAGE_ROWS}, pixels)")
        return list(first.data[: len(COLUMNS)])
    tables = [u for u in units if isinstance(u, fits.BinTableHDU)]
    table = next((t for t in tables if t.name == "COADD"), None)
    if not tables or (table is not None and not len(table.data)):
        raise Unusable("no_data", f"no data in the units {', '.join(names)}")
    if table is None or len(table.data) != 1 or not {*COLUMNS} <= {*table.columns.names}:
        raise Unusable("unknown_layout", f"expected one row of {', '.join(COLUMNS)} in a table COADD, got {names}")
    arrays = [np.atleast_1d(table.data[name][0]) for name in COLUMNS]
    if len({len(a) for a in arrays}) > 1:
        raise Unusable("unknown_layout", f"columns of different lengths {[len(a) for a in arrays]}")
    return arrays


def number(cards: dict[str, Card], *keys: str) -> float:
    """Return the first of these cards as a number; NaN where none has one, or the survey's filler -9999."""
    for key in keys:
        try:
            value = float(cards[key])
        except (KeyError, ValueError):
            continue
        return value if math.isfinite(value) and value > -999.0 else math.nan
    return math.nan
