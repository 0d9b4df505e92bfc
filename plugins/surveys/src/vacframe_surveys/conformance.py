"""Inputs on which the conformance kit (`vacframe.testing.check_plugin`) tries the products: made-up LAMOST files."""

from __future__ import annotations

import atexit
import gzip
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

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


def spectrum(wavelength: np.ndarray) -> list[np.ndarray]:
    """Return flux, ivar, wavelength, andmask of a made-up star."""
    flux = 100 + 20 * np.sin(wavelength / 50)
    andmask = np.zeros(len(wavelength))
    andmask[7] = 4
    return [flux, np.full(len(wavelength), 0.04), np.array(wavelength), andmask]


def write_lamost(
    path: Path,
    layout: str = "table",
    arrays: list[np.ndarray] | None = None,
    facts: dict[str, Any] | None = None,
    dtype: str = "f4",
) -> Path:
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


def write_xp(path: Path, count: int = 5) -> Path:
    """Write XP coefficients as the archive's CSV; the second source has no BP."""
    rng = np.random.default_rng(3)
    lines = ["source_id," + ",".join(f"{b}_{n}" for b in ("bp", "rp") for n in ("coefficients", "coefficient_errors"))]
    for number in range(count):
        cells = [np.array2string(rng.normal(size=55), separator=", ", max_line_width=10**6)[1:-1] for _ in range(4)]
        quoted = ["" if number == 1 and place < 2 else f'"({cell})"' for place, cell in enumerate(cells)]
        lines.append(f"{(number + 7) << 40}," + ",".join(quoted))
    path.write_text("\n".join(lines) + "\n")
    return path


def spectra_and_sources(count: int = 300) -> dict[str, dict[str, np.ndarray]]:
    """Return observations and moving Gaia sources, most of which lie within 3 arcsec of one."""
    rng = np.random.default_rng(4)
    ra, dec = rng.uniform(0, 360, count), rng.uniform(-80, 80, count)
    pmra, pmdec = rng.normal(0, 50, (2, count))
    source_id = np.arange(count, dtype=np.int64) + 10**12
    gaia = {"source_id": source_id, "ra": ra, "dec": dec + pmdec * 16 / 3.6e6, "pmra": pmra, "pmdec": pmdec}
    obsid = np.arange(count, dtype=np.int64) + 5000
    lmjd = rng.integers(55500, 59000, count).astype(np.int32)
    return {"lamost_spectra": {"obsid": obsid, "ra": ra, "dec": dec, "lmjd": lmjd}, "gaia_sources": gaia}


def conformance_samples() -> dict[str, Any]:
    """Return files of the products with a reader (LAMOST spectra of each layout), and stars for `crossmatch`.

    The files go with the process.
    """
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    files = [
        write_lamost(
            Path(folder.name) / f"spec-{number}.fits.gz", layout, facts={"OBSID": 1000 + number, "RA": 40.0 + number}
        )
        for number, layout in enumerate(("table", "image", "oldest"))
    ]
    spectra = write_xp(Path(folder.name) / "XP_CONTINUOUS_RAW.csv")
    dust = [Path(folder.name) / name for name in ("map.npy", "cube.npy")]
    for path, shape in zip(dust, ((192,), (192, 120)), strict=True):
        np.save(path, np.random.default_rng(6).random(shape))
    return {
        "lamost_spectra": {"files": files},
        "reddening_map": {"files": dust[:1]},
        "dust_3d": {"files": dust[1:]},
        "gaia_xp_spectra": {"files": [spectra]},
        "crossmatch": {"inputs": spectra_and_sources()},
    }
