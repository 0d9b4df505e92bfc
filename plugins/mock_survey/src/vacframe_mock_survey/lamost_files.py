"""Writes rows of the mock's `lamost_spectra` as FITS files in the survey's own layouts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from vacframe import VacframeError
from vacframe.schemas.lamost import LOGLAM_FIRST, LOGLAM_STEP
from vacframe_mock_survey.method.lamost.spectrograph import WAVELENGTH

LAYOUTS = ("table", "image", "oldest")
"""A binary table (since DR9), an image with a row of wavelengths (since DR2), an image without one (DR1)."""
_TEXT_CARDS = {"class": "CLASS", "subclass": "SUBCLASS", "obs_date": "DATE-OBS", "planid": "PLANID"}
_NUMBER_CARDS = {"ra": "RA", "dec": "DEC", "z": "Z", "lmjd": "LMJD", "spid": "SPID", "fiberid": "FIBERID"}


def write_files(rows: Mapping[str, Any], folder: Path, layout: str = "table") -> list[Path]:
    """Write each spectrum to a gzipped FITS file of its own and return their paths.

    Parameters
    ----------
    rows : mapping of str to sequence of length n
        Columns of `lamost_spectra`; flux, ivar and mask of shape (n, 3909).
    folder : Path
        Where the files ``spec-<obsid>.fits.gz`` go; made if it is not there.
    layout : str
        One of `LAYOUTS`. The oldest has neither obsid nor signal-to-noise ratios in its header, and the continuum of
        the star in place of the wavelength.

    Raises
    ------
    VacframeError
        If the layout is none of these.
    """
    if layout not in LAYOUTS:
        raise VacframeError(f"no LAMOST layout {layout!r}; there are {', '.join(LAYOUTS)}")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for row in _rows(rows):
        path = folder / f"spec-{row['obsid']}.fits.gz"
        _units(row, layout).writeto(path, overwrite=True)
        paths.append(path)
    return paths


def _rows(rows: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for k in range(len(rows["obsid"])):
        yield {name: rows[name][k] for name in rows}


def _units(row: dict[str, Any], layout: str) -> fits.HDUList:
    flux, ivar, mask = (np.asarray(row[name]) for name in ("flux", "ivar", "mask"))
    bad = mask.astype(np.float32)
    if layout == "table":
        third = WAVELENGTH.astype(np.float32)
        values = {"FLUX": flux, "IVAR": ivar, "WAVELENGTH": third, "ANDMASK": bad, "ORMASK": bad}
        values["NORMALIZATION"] = flux / np.median(flux)
        columns = [fits.Column(name, f"{len(third)}E", array=v[None, :]) for name, v in values.items()]
        table = fits.BinTableHDU.from_columns(columns, name="COADD")
        units = fits.HDUList([fits.PrimaryHDU(), table])
    else:
        level = np.full(len(flux), np.median(flux))
        third = WAVELENGTH if layout == "image" else level
        image = np.stack([flux, ivar, third, bad, bad]).astype(np.float32)
        units = fits.HDUList([fits.PrimaryHDU(image)])
    _fill(units[0].header, row, layout)
    return units


def _fill(header: fits.Header, row: dict[str, Any], layout: str) -> None:
    """Write the cards that the survey's files have; what is missing in the row has no card."""
    for name, card in (_TEXT_CARDS | _NUMBER_CARDS).items():
        value = row.get(name)
        if value is not None and not (isinstance(value, float | np.floating) and math.isnan(value)):
            header[card] = value if isinstance(value, str) else np.asarray(value).item()
    if layout != "oldest":
        header["OBSID"] = int(row["obsid"])
        for band in "ugriz":
            header[f"SNR{band.upper()}"] = float(row[f"snr_{band}"])
    header["COEFF0"], header["COEFF1"] = LOGLAM_FIRST, LOGLAM_STEP
    header["VACUUM"], header["HELIO"] = True, True
    header["TELESCOP"] = "MOCK"
