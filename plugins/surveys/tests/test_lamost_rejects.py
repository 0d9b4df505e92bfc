"""Every reason for which a file gives no row; the others are read all the same."""

import gzip

import numpy as np
import pytest
from astropy.io import fits
from vacframe_surveys import plugin

from vacframe import SourceFile
from vacframe.testing import run_product

GRID = 10.0 ** (3.5682 + 1e-4 * np.arange(3909))


def arrays(flux=1.0, ivar=1.0, wavelength=GRID, andmask=0.0):
    full = [np.broadcast_to(np.asarray(a, float), GRID.shape).copy() for a in (flux, ivar, wavelength, andmask)]
    return full


def truncated_gzip(write, folder):
    data = write("full.fits.gz").read_bytes()
    (folder / "x.fits.gz").write_bytes(data[: len(data) // 2])
    return folder / "x.fits.gz"


def damaged_gzip(write, folder):
    data = bytearray(write("full.fits.gz").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / "x.fits.gz").write_bytes(bytes(data))
    return folder / "x.fits.gz"


def not_fits(write, folder):
    (folder / "x.fits.gz").write_bytes(gzip.compress(b"<html>404 Not Found</html>"))
    return folder / "x.fits.gz"


def damaged_fits(write, folder):
    (folder / "x.fits").write_bytes(write("full.fits", layout="image").read_bytes()[:20000])
    return folder / "x.fits"


def damaged_table(write, folder):
    (folder / "x.fits").write_bytes(write("full.fits").read_bytes()[:30000])
    return folder / "x.fits"


def no_data(write, folder):
    fits.PrimaryHDU(header=fits.getheader(write("full.fits"))).writeto(folder / "x.fits")
    return folder / "x.fits"


def empty_table(write, folder):
    with fits.open(write("full.fits")) as units:
        columns = [fits.Column(c.name, c.format) for c in units[1].columns]
        table = fits.BinTableHDU.from_columns(columns, nrows=0, name="COADD")
        fits.HDUList([units[0], table]).writeto(folder / "x.fits")
    return folder / "x.fits"


def medium_extensions(write, folder):
    with fits.open(write("full.fits")) as units:
        units[1].name = "COADD_B"
        units.writeto(folder / "x.fits")
    return folder / "x.fits"


def three_rows(write, folder):
    fits.PrimaryHDU(np.ones((3, 3909)), fits.getheader(write("full.fits"))).writeto(folder / "x.fits")
    return folder / "x.fits"


def other_table(write, folder):
    table = fits.BinTableHDU.from_columns([fits.Column("FLUX", "E", array=np.ones(4))], name="COADD")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(folder / "x.fits")
    return folder / "x.fits"


def written(**options):
    return lambda write, folder: write("x.fits.gz", **options)


def cut_header(write, folder):
    (folder / "x.fits.gz").write_bytes(b"\x1f\x8b\x08")
    return folder / "x.fits.gz"


def empty_file(write, folder):
    (folder / "x.fits").touch()
    return folder / "x.fits"


CASES = [
    ("truncated_gzip", truncated_gzip),
    ("truncated_gzip", cut_header),
    ("damaged_gzip", damaged_gzip),
    ("not_fits", not_fits),
    ("not_fits", empty_file),
    ("damaged_fits", damaged_fits),
    ("damaged_fits", damaged_table),
    ("no_data", no_data),
    ("no_data", empty_table),
    ("medium_resolution", medium_extensions),
    ("medium_resolution", lambda write, folder: write("med-59517-X_sp01-001.fits.gz")),
    ("unknown_layout", three_rows),
    ("unknown_layout", other_table),
    ("unreadable", lambda write, folder: folder / "absent.fits"),
    ("no_coordinates", written(facts={"RA": None})),
    ("no_coordinates", written(facts={"DEC": 95.0})),
    ("no_coordinates", written(facts={"RA": -9999.0})),
    ("no_obsid", written(facts={"OBSID": None, "PLANID": None})),
    ("air_wavelengths", written(facts={"VACUUM": False})),
    ("not_heliocentric", written(facts={"HELIO": False})),
    ("no_wavelength", written(layout="oldest", facts={"COEFF0": None})),
    ("wavelength_outside", written(arrays=arrays(wavelength=GRID + 8000))),
    ("wavelength_outside", written(layout="image", arrays=arrays(wavelength=np.log10(GRID)))),
    ("no_flux", written(arrays=arrays(flux=0))),
    ("no_flux", written(layout="image", arrays=arrays(flux=np.nan))),
    ("no_good_pixel", written(arrays=arrays(ivar=0))),
    ("no_good_pixel", written(layout="oldest", arrays=arrays(ivar=-1))),
    ("no_good_pixel", written(arrays=arrays(andmask=1))),
    ("no_good_pixel", written(arrays=arrays(ivar=np.nan))),
]


@pytest.mark.parametrize(("reason", "make"), CASES)
def test_reject(write, read, tmp_path, reason, make):
    good = write("good.fits.gz", facts={"OBSID": 5})
    bad = make(write, tmp_path)
    made = read(bad, good)
    assert made.rejects["reason"].to_pylist() == [reason]
    assert made.rejects["file"].to_pylist() == [bad.name]
    assert len(made.rejects["detail"].to_pylist()[0]) > 20
    assert made.table["obsid"].to_pylist() == [5]
    assert made.table["_file"].to_pylist() == [1]


def test_a_reject_names_its_observation(write, read):
    made = read(write(arrays=arrays(flux=0)))
    assert made.rejects["key"].to_pylist() == ["937808200"]


def test_a_rejected_spectrum_leaves_nothing_in_the_next_row(write, read):
    bad = write("a.fits", arrays=arrays(flux=0, ivar=9))
    short = write("b.fits", arrays=[a[100:200] for a in arrays()], facts={"OBSID": 6})
    made = read(bad, short)
    assert np.flatnonzero(made.table["flux"].to_pylist()[0]).tolist() == list(range(100, 200))


def test_a_shard_is_no_file():
    made = run_product(plugin, "lamost_spectra", files=[SourceFile("shard 0", shard=0)])
    assert made.rejects["reason"].to_pylist() == ["unreadable"]
