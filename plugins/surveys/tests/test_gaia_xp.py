"""XP coefficients from files of every form."""

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from vacframe_surveys.conformance import write_xp
from vacframe_surveys.readers.xp_rows import pixel_centres, read_xp_rows

from vacframe import SourceFile, to_numpy

ARRAYS = [f"{b}_coefficient{n}" for b in ("bp", "rp") for n in ("s", "_errors", "_correlations")]
CONTINUOUS = "xp_tests/xp_continuous/"


def read(path):
    made = read_xp_rows([SourceFile(str(path), Path(path))])
    return made.table, made.rejects.to_arrow().to_pylist()


@pytest.mark.parametrize("form", ["csv", "ecsv", "fits", "xml"])
def test_the_archives_forms_agree(shared_data, form):
    plain, _ = read(shared_data / f"{CONTINUOUS}XP_CONTINUOUS_RAW_with_missing_BP.csv")
    other, rejects = read(shared_data / f"{CONTINUOUS}XP_CONTINUOUS_RAW_with_missing_BP.{form}")
    assert rejects == []
    assert other["source_id"].to_pylist() == [5853498713190525696, 5405570973190252288, 5762406957886626816]
    assert other["bp_coefficients"].null_count == other["bp_coefficient_correlations"].null_count == 1
    assert other["bp_n_relevant_bases"].null_count == 1
    for name in ARRAYS:
        np.testing.assert_array_equal(to_numpy(plain[name])[0], to_numpy(other[name])[0])
    assert other["bp_coefficients"][0].as_py()[:2] == [56947.03696840172, 13812.466168611605]


@pytest.mark.parametrize("form", ["dr3int6.csv", "dr3int6.ecsv", "dr3int6.fits", "dr3int6.xml", "plain_dr3int6.xml"])
def test_a_file_without_any_bp(shared_data, form):
    table, rejects = read(shared_data / f"{CONTINUOUS}XP_CONTINUOUS_RAW_missing_BP_{form}")
    assert (table.num_rows, rejects) == (1, [])
    assert table["bp_coefficients"].null_count == 1
    assert table["rp_coefficients"][0].as_py()[0] == 38.18018501664883


def test_avro_covariances_are_the_archives_correlations(shared_data):
    avro, rejects = read(shared_data / f"{CONTINUOUS}MeanSpectrumSolutionWithCov.avro")
    plain, _ = read(shared_data / f"{CONTINUOUS}XP_CONTINUOUS_RAW.csv")
    assert rejects == []
    place = [avro["source_id"].to_pylist().index(k) for k in plain["source_id"].to_pylist()]
    for name in ARRAYS:
        np.testing.assert_allclose(to_numpy(avro[name])[0][place], to_numpy(plain[name])[0], rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("file", "rows"),
    [
        ("xp_coefficients/xp_continuous_combined_chunk0.fits", 2000),
        ("xp_coefficients/xp_continuous_combined_weiler2023_examples.vot", 4),
        ("calspec_xp/gaia_spectra_file_ddf_v0.parquet", 30),
        ("xp_tests/cholesky_solution/18Sco-XP-spectra.csv", 1),
        (f"{CONTINUOUS}XP_CONTINUOUS_RAW_colour_eq_dr3int6.csv", 3),
    ],
)
def test_what_tools_wrote(shared_data, file, rows):
    table, rejects = read(shared_data / file)
    assert (table.num_rows, rejects) == (rows, [])
    assert np.isfinite(to_numpy(table["rp_coefficient_errors"])[0]).all()


@pytest.mark.parametrize("kind", [pa.list_(pa.float64()), pa.large_list(pa.float32()), pa.string()])
def test_parquet_with_empty_cells(tmp_path, kind):
    full, none = [float(i) for i in range(55)], [] if kind != pa.string() else "[]"
    cell = str(full) if kind == pa.string() else full
    columns = {"source_id": [7 << 40, 8 << 40], "bp_coefficients": pa.array([cell, none], kind)}
    pq.write_table(pa.table(columns | {"rp_coefficients": pa.array([None, cell], kind)}), tmp_path / "x.parquet")
    table, rejects = read(tmp_path / "x.parquet")
    assert rejects == []
    assert [table[f"{b}_coefficients"].is_valid().to_pylist() for b in ("bp", "rp")] == [[True, False], [False, True]]


def test_gzip_and_positions(tmp_path):
    path = write_xp(tmp_path / "x.csv")
    packed = tmp_path / "x.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    table, _ = read(packed)
    assert table.drop_columns("_file").equals(read(path)[0].drop_columns("_file"))
    # The source_id of 18 Sco, whose Gaia DR3 position is 243.905, -8.369.
    ra, dec = pixel_centres(np.array([4345775217221821312]))
    assert np.hypot(ra - 243.905, dec + 8.369) < 0.02


def test_unusable_rows_and_files_say_why(tmp_path, shared_data):
    lines = write_xp(tmp_path / "x.csv", count=6).read_text().splitlines()
    head, (good, _, short, word, lone, nokey) = lines[0], lines[1:]
    rows = [good, short.replace('"(', '"(1.0, ', 1), word.replace('"(', '"(one, ', 1), lone.split(",")[0] + ",,,,"]
    rows.append("," + nokey.split(",", 1)[1])
    (tmp_path / "x.csv").write_text("\n".join([head, *rows]) + "\n")
    table, rejects = read(tmp_path / "x.csv")
    assert table["_row"].to_pylist() == [0]
    found = {r["row"]: (r["reason"], r["detail"]) for r in rejects}
    assert found[1] == ("wrong_length", "56 BP coefficients, expected 55")
    assert found[2][0] == "not_numbers"
    assert found[3][0] == "no_coefficients"
    assert found[4][0] == "no_key"
    _, rejects = read(shared_data / "xp_tests/generator_truncation/sources.avro")
    assert {(r["reason"], r["detail"]) for r in rejects} == {("wrong_length", "51 BP coefficients, expected 55")}
    _, (reject,) = read(shared_data / "xp_tests/xp_sampled/XP_SAMPLED_RAW_dr3int6.fits")
    assert "[sources.xp_sampled]" in reject["detail"]
    (tmp_path / "page.csv").write_text("<!DOCTYPE html><html>service unavailable</html>")
    _, (reject,) = read(tmp_path / "page.csv")
    assert reject["reason"] == "unreadable_file"
    assert "HTML" in reject["detail"]


def test_every_real_file_is_read_or_says_why(shared_data):
    folders = ("xp_tests", "xp_coefficients", "calspec_xp")
    files = [p for name in folders for p in sorted((shared_data / name).rglob("*.*")) if p.suffix != ".txt"]
    rows = {}
    for path in files:
        table, rejects = read(path)
        rows[path.name] = table.num_rows
        assert table.num_rows or rejects, path
        for reject in rejects:
            assert any(t in reject["detail"] for t in ("has no column", "expected 55")), (path, reject["detail"])
    assert len(files) == 64
    # The archive's own forms of continuous spectra, 2,000 sources with errors and 30 of CALSPEC among them.
    assert sum(count > 0 for count in rows.values()) == 23
    assert sum(rows.values()) == 2072


def test_coefficients_that_got_lost_are_no_missing_band(tmp_path):
    path = write_xp(tmp_path / "x.csv", count=2)
    head, first, second = path.read_text().splitlines()
    path.write_text("\n".join([head + ",bp_standard_deviation", first + ",1.1", second + ",1.2"]) + "\n")
    table, (reject,) = read(path)
    assert table.num_rows == 1
    assert (reject["row"], reject["reason"]) == (1, "lost_coefficients")


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_a_header_alone_has_no_rows_and_is_no_fault(tmp_path, name):
    head = write_xp(tmp_path / "full.csv", count=1).read_bytes().split(b"\n")[0] + b"\n"
    (tmp_path / name).write_bytes(gzip.compress(head) if name.endswith(".gz") else head)
    table, rejects = read(tmp_path / name)
    assert table.num_rows == 0
    assert rejects == []
