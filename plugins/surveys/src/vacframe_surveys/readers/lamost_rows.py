"""Rows of `lamost_spectra` from files: header facts, grid, mask, rejects."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vacframe import Rejects, Result, SourceFile
from vacframe.schemas.lamost import LAMOST_PIXELS, LAMOST_SPECTRA, LOGLAM_FIRST, LOGLAM_STEP
from vacframe_surveys.readers.lamost_files import Card, Spectrum, number, read_file
from vacframe_surveys.readers.lamost_grid import first_pixel, grid_position, is_wavelength, resample, shifted
from vacframe_surveys.readers.unusable import Unusable

PLAN_STEP = 100_000
"""An obsid is plan number * PLAN_STEP + spid * SPECTROGRAPH_STEP + fiberid: so in every real header and catalogue
that has one (checked on all files with OBSID and the 3,165 rows of a DR1 table)."""
SPECTROGRAPH_STEP = 1000
_PLAN_BITS = 46
_CONDITIONS = {
    "VACUUM": ("air_wavelengths", "wavelengths are in air (VACUUM = F), expected vacuum"),
    "HELIO": ("not_heliocentric", "wavelengths are not corrected to the Sun (HELIO = F)"),
}
_ARRAYS = ("flux", "ivar", "mask")


def read_lamost_rows(files: Sequence[SourceFile], plan_numbers: Mapping[str, int]) -> Result:
    """Return the rows of `lamost_spectra` of these files, and the files that give none as rejects.

    Parameters
    ----------
    files : sequence of SourceFile, n of them
        One spectrum each.
    plan_numbers : mapping of str to int
        Serial numbers of plans, by ``"<lmjd>-<planid>"``, for headers without OBSID.
    """
    flux = np.zeros((len(files), LAMOST_PIXELS), np.float32)
    ivar = np.zeros((len(files), LAMOST_PIXELS), np.float32)
    mask = np.ones((len(files), LAMOST_PIXELS), np.uint8)
    rows: list[dict[str, Any]] = []
    rejects = Rejects()
    for index, file in enumerate(files):
        facts: dict[str, Any] = {}
        try:
            spectrum = _read(file)
            facts = header_facts(spectrum.cards, plan_numbers)
            row = len(rows)
            put(spectrum, flux[row], ivar[row], mask[row])
        except Unusable as error:
            rejects.add(error.reason, error.detail, keys=[facts.get("obsid", "")], files=file.name, rows=[0])
            continue
        rows.append({**facts, "_file": index, "_row": 0})
    count = len(rows)
    table = {"flux": flux[:count], "ivar": ivar[:count], "mask": mask[:count]} | _columns(rows)
    return Result(table=table, rejects=rejects)


def _read(file: SourceFile) -> Spectrum:
    if file.path is None:
        raise Unusable("unreadable", "a shard, expected a file")
    if file.path.name.startswith("med-"):
        raise Unusable("medium_resolution", "a file of the medium-resolution survey (med-*)")
    return read_file(file.path)


def _columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = [n for n in LAMOST_SPECTRA.names if n not in _ARRAYS]
    table: dict[str, Any] = {}
    for name in names:
        values = [r[name] for r in rows]
        dtype = LAMOST_SPECTRA[name].dtype
        if dtype == "string":
            table[name] = np.array(values, dtype=object)
        elif dtype.startswith("int"):
            missing = [v is None for v in values]
            table[name] = np.ma.array([0 if v is None else v for v in values], dtype=dtype, mask=missing)
        else:
            table[name] = np.array(values, dtype=dtype)
    for name in ("_file", "_row"):
        table[name] = np.array([r[name] for r in rows], dtype=np.int64)
    return table


def header_facts(cards: Mapping[str, Card], plan_numbers: Mapping[str, int]) -> dict[str, Any]:
    """Return the scalar columns of one spectrum from its header.

    RA and DEC are those of the input catalogue (FK5, J2000 in the headers, within 0.03 arcsec of ICRS).

    Raises
    ------
    Unusable
        ``no_coordinates``, ``no_obsid``, ``air_wavelengths`` or ``not_heliocentric``.
    """
    cards = dict(cards)
    for key, (reason, detail) in _CONDITIONS.items():
        if cards.get(key) is False:
            raise Unusable(reason, detail)
    facts: dict[str, Any] = {"ra": number(cards, "RA"), "dec": number(cards, "DEC")}
    if not (0 <= facts["ra"] <= 360 and -90 <= facts["dec"] <= 90):
        raise Unusable("no_coordinates", f"RA = {cards.get('RA')}, DEC = {cards.get('DEC')}, expected degrees")
    facts["lmjd"] = _integer(cards, "LMJD")
    facts["planid"] = _text(cards, "PLANID")
    facts["spid"] = _integer(cards, "SPID")
    facts["fiberid"] = _integer(cards, "FIBERID")
    facts["obsid"] = _integer(cards, "OBSID") or observation_id(facts, plan_numbers)
    facts["z"] = number(cards, "Z")
    facts["class"] = _text(cards, "CLASS")
    facts["subclass"] = _text(cards, "SUBCLASS")
    facts["obs_date"] = _text(cards, "DATE-OBS")
    for band in "ugriz":
        facts[f"snr_{band}"] = number(cards, f"SNR{band.upper()}", f"SN_{band.upper()}")
    return facts


def _integer(cards: dict[str, Card], key: str) -> int | None:
    try:
        return int(cards[key])
    except (KeyError, ValueError, OverflowError):
        return None


def _text(cards: dict[str, Card], key: str) -> str | None:
    return str(cards[key]).strip() or None if key in cards else None


def observation_id(facts: Mapping[str, Any], plan_numbers: Mapping[str, int]) -> int:
    """Return the identifier of a spectrum whose header has no OBSID.

    Where the plan's serial number is configured it is the survey's own obsid. Else it is negative, so that it
    meets no real one: −(h · 100000 + spid · 1000 + fiberid), with h the first 46 bits of the BLAKE2b hash
    of ``"<lmjd>-<planid>"``; the same spectrum gets the same number everywhere.

    Raises
    ------
    Unusable
        ``no_obsid``, where lmjd, planid, spid or fiberid is missing too.
    """
    parts = [facts[k] for k in ("lmjd", "planid", "spid", "fiberid")]
    if any(p is None for p in parts):
        raise Unusable("no_obsid", "no OBSID in the header, nor all of LMJD, PLANID, SPID and FIBERID to stand for it")
    plan = f"{facts['lmjd']}-{facts['planid']}"
    fibre = facts["spid"] * SPECTROGRAPH_STEP + facts["fiberid"]
    if plan in plan_numbers:
        return plan_numbers[plan] * PLAN_STEP + fibre
    digest = hashlib.blake2b(plan.encode(), digest_size=8).digest()
    return -((int.from_bytes(digest, "big") >> (64 - _PLAN_BITS)) * PLAN_STEP + fibre)


def put(spectrum: Spectrum, flux: np.ndarray, ivar: np.ndarray, mask: np.ndarray) -> None:
    """Write a spectrum onto the survey's grid.

    Parameters
    ----------
    spectrum : Spectrum
        As read.
    flux, ivar, mask : ndarray, shape (LAMOST_PIXELS,)
        Filled; left alone where the spectrum is unusable. Pixels that it does not cover: 0, 0 and 1.

    Raises
    ------
    Unusable
        ``no_wavelength``, ``wavelength_outside``, ``no_flux`` or ``no_good_pixel``.
    """
    position, first = _position(spectrum)
    with np.errstate(over="ignore"):
        f, w = spectrum.flux.astype(np.float32), spectrum.ivar.astype(np.float32)
    no_flux, no_weight = ~np.isfinite(f), ~(np.isfinite(w) & (w > 0))
    if not np.any(f[~no_flux]):
        raise Unusable("no_flux", "the flux is zero or not finite in every pixel")
    f[no_flux | ~np.isfinite(w)] = 0
    w[no_flux | no_weight] = 0
    bad = no_flux | no_weight | (spectrum.andmask != 0)
    grid, own = slice(None), slice(None)
    if first is None:
        f, w, bad = resample(position, f, w, bad)
    else:
        grid, own = shifted(first, len(f))
    if bad[own].all():
        raise Unusable("no_good_pixel", "every pixel is masked or has no positive inverse variance")
    flux[grid], ivar[grid], mask[grid] = f[own], w[own], bad[own]


def _position(spectrum: Spectrum) -> tuple[np.ndarray, int | None]:
    """Return the pixels' places on the grid, and the first one's pixel where the spectrum is on it."""
    if is_wavelength(spectrum.third):
        position = grid_position(spectrum.third)
    else:
        start, step = (number(spectrum.cards, k) for k in ("COEFF0", "COEFF1"))
        if not (math.isfinite(start) and step > 0):
            raise Unusable("no_wavelength", "no increasing wavelengths in the data and no COEFF0, COEFF1 in the header")
        position = (start + step * np.arange(len(spectrum.flux)) - LOGLAM_FIRST) / LOGLAM_STEP
    if not (position[-1] > -0.5 and position[0] < LAMOST_PIXELS - 0.5):
        low, high = 10.0 ** (LOGLAM_FIRST + position[[0, -1]] * LOGLAM_STEP)
        raise Unusable("wavelength_outside", f"{low:.6g} to {high:.6g} Angstrom lies outside the survey's grid")
    return position, first_pixel(position)
