"""Real LAMOST files of DR1 to DR10, against the tables that came with them."""

import csv
import gzip

import numpy as np
import pytest
from vacframe_surveys import plugin
from vacframe_surveys.config import SurveysConfig
from vacframe_surveys.readers.lamost_files import inflate, read_astropy, read_fast

from vacframe import SourceFile
from vacframe.schemas.lamost import LOGLAM_FIRST, LOGLAM_STEP
from vacframe.testing import run_product

FOLDERS = (
    "lamost_dr10",
    "lamost_dr8_repeats",
    "lamost_dr1_learninglamost",
    "lamost_dr7_mdwarfs",
    "lamost_dr10_pylasp",
    "lamost_misc",
)
H_ALPHA = 6564.61
"""Vacuum wavelength, Angstrom (NIST: 6562.79 in air)."""
PIXEL_KM_S = LOGLAM_STEP * np.log(10) * 299792.458


def files_of(folder):
    files = sorted(folder.rglob("*.fits.gz"))
    return files[::8] if len(files) > 1000 else files


def rows_of(path):
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return list(csv.DictReader(text.splitlines()))


def read(files, **config):
    sources = [SourceFile(p.name, p) for p in files]
    made = run_product(plugin, "lamost_spectra", files=sources, config=SurveysConfig(**config))
    names = [files[i].name for i in made.table["_file"].to_pylist()]
    return made, names


@pytest.mark.parametrize("name", FOLDERS)
def test_fast_path_equals_astropy(shared_data, name):
    for path in files_of(shared_data / name):
        raw = inflate(path.read_bytes())
        fast, slow = read_fast(raw), read_astropy(raw)
        assert fast is not None, path.name
        assert fast.cards == slow.cards, path.name
        for array in ("flux", "ivar", "third", "andmask"):
            np.testing.assert_array_equal(getattr(fast, array), getattr(slow, array), strict=True)


@pytest.mark.parametrize("name", FOLDERS)
def test_every_file_is_read(shared_data, name):
    files = files_of(shared_data / name)
    made, _ = read(files)
    assert made.rejects.to_pylist() == []
    assert made.table.num_rows == len(files)
    mask, ivar = (np.array(made.table[c].to_pylist()) for c in ("mask", "ivar"))
    assert np.all((ivar > 0) | (mask == 1))
    assert np.mean(mask == 0) > 0.8


def test_dr10_header_facts_are_those_of_its_table(shared_data):
    folder = shared_data / "lamost_dr10"
    labels = {r["file"]: r for r in rows_of(folder / "labels.csv")}
    made, names = read(files_of(folder))
    found = made.table.select(["obsid", "ra", "dec", "snr_g", "z", "subclass"]).to_pylist()
    matched = [(row, labels[name]) for row, name in zip(found, names, strict=True)]
    for row, label in matched:
        assert row["obsid"] == int(label["obsid"])
        assert [row["ra"], row["dec"]] == pytest.approx([float(label["ra"]), float(label["dec"])], abs=1e-6)
        assert row["snr_g"] == pytest.approx(float(label["snrg"]))
        assert row["z"] == pytest.approx(float(label["z"]), abs=1e-8)
    other = sum(row["subclass"] != label["subclass"] for row, label in matched)
    assert other / len(matched) < 0.05  # the table is of a later version than some of the headers


def test_dr8_obsids_are_those_of_its_table(shared_data):
    folder = shared_data / "lamost_dr8_repeats"
    table = {r["combined_file"].split("/")[-1]: r for r in rows_of(next(folder.glob("*.csv")))}
    made, names = read(files_of(folder))
    found = made.table.select(["obsid", "snr_r"]).to_pylist()
    matched = [(r, table[n]) for r, n in zip(found, names, strict=True) if n in table]
    assert len(matched) > 200
    assert all(r["obsid"] == int(t["combined_obsid"]) for r, t in matched)
    assert all(r["snr_r"] == pytest.approx(float(t["combined_snrr"]), abs=0.011) for r, t in matched)


def test_dr1_obsids_come_with_the_plan_number(shared_data):
    folder = shared_data / "lamost_dr1_learninglamost"
    table = {r["filename"]: r for r in rows_of(folder / "my_data3.csv.gz")}
    made, names = read(files_of(folder), plan_numbers={"55862-B6212": 9})
    found = made.table.select(["obsid", "ra", "snr_g", "planid"]).to_pylist()
    pairs = [(row, table.get(name.removesuffix(".gz"))) for row, name in zip(found, names, strict=True)]
    matched = [(r, t) for r, t in pairs if t and t["planid"] == r["planid"]]  # others name another visit's file
    assert len(matched) > 30
    assert all(r["obsid"] == int(t["obsid"]) for r, t in matched)
    assert all(r["ra"] == pytest.approx(float(t["ra"]), abs=1e-5) for r, t in matched)
    assert all(r["snr_g"] == pytest.approx(float(t["snrg"]), abs=0.006) for r, t in matched)
    without, _ = read(files_of(folder))
    assert max(without.table["obsid"].to_pylist()) < 0
    assert len(set(without.table["obsid"].to_pylist())) == without.table.num_rows


@pytest.mark.parametrize("name", ["lamost_dr10", "lamost_dr8_repeats", "lamost_dr1_learninglamost"])
def test_h_alpha_lies_where_the_redshift_says(shared_data, name):
    """Within half a pixel: the survey's own wavelengths shift by some 20 km/s between the arms."""
    made, _ = read(files_of(shared_data / name))
    flux, mask = (np.array(made.table[c].to_pylist()) for c in ("flux", "mask"))
    z, kind = made.table["z"].to_numpy(), made.table["subclass"].to_pylist()
    velocities = []
    for row in range(len(z)):
        centre = (np.log10(H_ALPHA * (1 + z[row])) - LOGLAM_FIRST) / LOGLAM_STEP
        if not (kind[row] or "").startswith(("A", "F", "G")):
            continue
        pixels = int(np.rint(centre)) + np.arange(-8, 9)
        depth = np.clip(np.median(flux[row][pixels[0] - 30 : pixels[-1] + 30]) - flux[row][pixels], 0, None)
        if not mask[row][pixels].any() and depth.sum() > 0:
            velocities.append(((depth * pixels).sum() / depth.sum() - centre) * PIXEL_KM_S)
    assert len(velocities) > 20
    assert abs(np.median(velocities)) < 0.5 * PIXEL_KM_S
