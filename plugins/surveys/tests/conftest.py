"""Synthetic LAMOST files in each layout, and the real data where they are."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from vacframe_surveys import plugin
from vacframe_surveys.registry import SurveysConfig

from vacframe.core.batch import SourceFile
from vacframe.testing import run_product

GRID = 10.0 ** (3.5682 + 1e-4 * np.arange(3909))
FACTS = {
    "OBSID": 937808200,
    "DATE-OBS": "2021-10-29T23:34:17.750",
    "LMJD": 59517,
    "MJD": 59516,
    "PLANID": "EG025613N082253M02",
    "RA": 44.738173,
    "DEC": 7.478148,
    "SPID": 8,
    "FIBERID": 200,
    "COEFF0": 3.5682,
    "COEFF1": 1e-4,
    "VACUUM": True,
    "HELIO": True,
    "CLASS": "STAR",
    "SUBCLASS": "G3",
    "Z": -0.00029227,
    **{f"SNR{band}": snr for band, snr in zip("UGRIZ", (1.41, 13.07, 29.38, 46.16, 30.79), strict=True)},
}


def spectrum(wavelength):
    """Return flux, ivar, wavelength, andmask of a made-up star."""
    flux = 100 + 20 * np.sin(wavelength / 50)
    andmask = np.zeros(len(wavelength))
    andmask[7] = 4
    return [flux, np.full(len(wavelength), 0.04), np.array(wavelength), andmask]


def write_lamost(path, layout="table", arrays=None, facts=None, dtype="f4"):
    """Write one file; facts set to None are left out of the header."""
    flux, ivar, wave, andmask = spectrum(GRID) if arrays is None else arrays
    header = fits.Header()
    for key, value in ({**FACTS, **(facts or {})}).items():
        if value is not None:
            header[key] = value
    if layout == "table":
        values = dict(FLUX=flux, IVAR=ivar, WAVELENGTH=wave, ANDMASK=andmask, ORMASK=andmask, NORMALIZATION=flux / 100)
        columns = [fits.Column(n, f"{len(v)}E", array=np.array([v])) for n, v in values.items()]
        units = fits.HDUList([fits.PrimaryHDU(header=header), fits.BinTableHDU.from_columns(columns, name="COADD")])
    else:
        third = wave if layout == "image" else np.cos(np.arange(len(flux)))
        rows = np.array([flux, ivar, third, andmask, andmask], dtype=dtype)
        units = fits.HDUList([fits.PrimaryHDU(rows, header=header)])
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    units.writeto(plain, overwrite=True)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    return path


@pytest.fixture
def write(tmp_path):
    """Return a function that writes one file into the test's folder."""

    def make(name="spec-1.fits.gz", **options):
        return write_lamost(tmp_path / name, **options)

    return make


@pytest.fixture
def read():
    """Return a function that makes `lamost_spectra` of files, as a build does."""

    def make(*paths, **config):
        files = [SourceFile(p.name, p) for p in paths]
        return run_product(plugin, "lamost_spectra", files=files, config=SurveysConfig(**config))

    return make


@pytest.fixture(scope="session")
def shared_data():
    """Return the folder of real data, or skip."""
    default = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    folder = Path(os.environ.get("VACFRAME_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip("no real data: set VACFRAME_SHARED_DATA to their folder")
    return folder
