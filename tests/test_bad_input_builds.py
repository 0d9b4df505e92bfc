"""Bad files, tables and settings in whole builds: one clear error or a counted reject, and nothing built is lost."""

import numpy as np
import pytest
from astropy.io import fits

import vacframe as vf
from vacframe.core.contract.errors import ConfigError, PlanError

conformance = pytest.importorskip("vacframe_surveys.conformance", reason="the plugin surveys is not installed")
pytest.importorskip("vacframe_nn_labels", reason="the plugin nn_labels is not installed")
GRID = conformance.GRID

CONFIG = """
[sources.lamost_spectra]
files = ["spectra/*.fits*"]
[sources.reference_labels]
files = ["labels.csv"]
columns = { obsid = "obsid", ra = "ra", dec = "dec", teff = "teff_lasp", feh = "feh_lasp" }
[[plugins.nn_labels.training_sets]]
name = "lasp"
labels = "reference_labels"
label_columns = ["teff", "feh"]
"""
HEAD = "obsid,ra,dec,teff_lasp,feh_lasp\n"
STARS = 6


def write_spectrum(folder, name, number, layout="table", **arrays):
    """Write a real-layout LAMOST file of a star with lines, some arrays replaced."""
    flux, ivar, wavelength, andmask = conformance.spectrum(GRID)
    made = {"flux": flux, "ivar": ivar, "wavelength": wavelength, "andmask": andmask} | arrays
    values = [
        np.broadcast_to(np.asarray(made[n], float), GRID.shape) for n in ("flux", "ivar", "wavelength", "andmask")
    ]
    facts = {"OBSID": 100 + number, "RA": 40.0 + 50 * (number % 7), "DEC": 7.5 * (number % 7)}
    return conformance.write_lamost(folder / "spectra" / name, layout, values, facts)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "spectra").mkdir()
    for number in range(STARS):
        write_spectrum(tmp_path, f"spec-{number}.fits.gz", number, ("table", "image", "oldest")[number % 3])
    rows = [f"{100 + n},{40.0 + 50 * n},{7.5 * n},{5000 + 100 * n},{-0.1 * n}\n" for n in range(STARS)]
    (tmp_path / "labels.csv").write_text(HEAD + "".join(rows))
    (tmp_path / "vacframe.toml").write_text(CONFIG)
    return tmp_path


def space(project, *overrides):
    return vf.Workspace(project / "ws", project / "vacframe.toml", ["pixel_order=1", *overrides])


def digests(ws, *products):
    return {p: ws.version(p).manifest["digest"] for p in products}


def truncated_gzip(project):
    path = write_spectrum(project, "new.fits.gz", 50)
    path.write_bytes(path.read_bytes()[:9000])


def no_data(project):
    path = write_spectrum(project, "new.fits", 50)
    fits.PrimaryHDU(header=fits.getheader(path)).writeto(path, overwrite=True)


def with_arrays(layout="table", **arrays):
    return lambda project: write_spectrum(project, "new.fits.gz", 50, layout, **arrays)


def same_obsid(project):
    write_spectrum(project, "zzz.fits.gz", 3)


BAD_FILES = [
    ("truncated_gzip", truncated_gzip),
    ("no_data", no_data),
    ("no_flux", with_arrays(flux=np.nan)),
    ("no_flux", with_arrays(flux=0.0, layout="image")),
    ("no_good_pixel", with_arrays(ivar=-1.0, layout="oldest")),
    ("no_good_pixel", with_arrays(ivar=0.0)),
    ("wavelength_outside", with_arrays(wavelength=GRID + 8000)),
    ("duplicate_key", same_obsid),
]


@pytest.mark.parametrize(("reason", "spoil"), BAD_FILES)
def test_a_bad_spectrum_is_a_counted_reject_and_the_others_stay(project, reason, spoil):
    ws = space(project)
    assert ws.build("lamost_normalized", workers=1).ok
    before = digests(ws, "lamost_spectra", "lamost_normalized")
    spoil(project)
    report = ws.build("lamost_normalized", workers=1)
    assert report.ok
    assert report["lamost_spectra"].rejects == {reason: 1}
    (reject,) = ws.rejects("lamost_spectra").to_pylist()
    assert reject["file"].endswith(("new.fits", "new.fits.gz", "zzz.fits.gz"))
    assert len(reject["detail"]) > 20
    assert digests(ws, *before) == before
    assert report["lamost_normalized"].ran == 0


def test_bad_pixels_cost_no_row(project):
    flux, ivar, *_ = conformance.spectrum(GRID)
    bad = np.zeros(len(GRID), bool)
    bad[500:3000:40] = True
    spoiled = {"flux": np.where(bad, np.nan, flux), "ivar": np.where(np.roll(bad, 1), -1.0, ivar)}
    write_spectrum(project, "new.fits.gz", 50, **spoiled)
    ws = space(project)
    report = ws.build("lamost_normalized", workers=1)
    assert report.ok
    assert report["lamost_normalized"].rows == STARS + 1
    table = ws.read("lamost_spectra")
    ivar = np.array(table["ivar"][table["obsid"].to_pylist().index(150)].as_py())
    assert (ivar >= 0).all()
    assert (ivar == 0).sum() >= 2 * bad.sum()
    normalized = ws.read("lamost_normalized")
    flux = np.array(normalized["flux"][normalized["obsid"].to_pylist().index(150)].as_py())
    assert np.isfinite(flux).all()


def test_nothing_but_bad_spectra_is_a_failure_that_says_why(project):
    for path in (project / "spectra").iterdir():
        path.write_bytes(path.read_bytes()[:5000])
    report = space(project).build("lamost_normalized", workers=1)
    (failure,) = report.failures
    assert failure.product == "lamost_spectra"
    assert f"nothing of its {STARS} files can be used ({STARS} truncated_gzip)." in failure.error
    assert str(project / "spectra") in failure.error
    assert report["lamost_normalized"].blocked


def test_no_spectra_in_common_with_the_labels(project):
    text = (project / "labels.csv").read_text().replace("\n1", "\n9")
    (project / "labels.csv").write_text(text)
    ws = space(project)
    report = ws.build("nn_labels", workers=1)
    assert not report.ok
    (failure,) = report.failures
    assert (failure.product, failure.part) == ("nn_models", "all")
    assert f"none of the {STARS} spectra has a row in the label table 'reference_labels'" in failure.error
    assert "sources.reference_labels.columns" in failure.error
    assert ws.read("lamost_normalized").num_rows == STARS


def test_too_few_training_stars_says_where_they_were_lost(project):
    ws = space(project, "plugins.nn_labels.training_sets.0.where=teff > 5050")
    report = ws.build("nn_labels", workers=1)
    assert not report.ok
    (failure,) = report.failures
    assert f"at least 50 are needed. Of {STARS} spectra, {STARS} have a row" in failure.error
    assert "5 of them fulfil where = 'teff > 5050'" in failure.error
    before = digests(ws, "lamost_spectra", "lamost_normalized")
    assert space(project).build("lamost_normalized", workers=1).ran == 0
    assert digests(ws, *before) == before


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (('feh = "feh_lasp"', 'feh = "feh_lsap"'), ConfigError, r"labels.csv has no such column.*'feh_lasp'"),
        ((', feh = "feh_lasp"', ""), PlanError, r"needs column 'feh' of reference_labels.*sources.reference_labels"),
        (
            ("[[plugins", 'units = { teff = "km / s" }\n[[plugins'),
            PlanError,
            r"reference_labels.teff in K, it is in km",
        ),
        (("label_columns", "label_colums"), ConfigError, r"label_colums.*Did you mean 'label_columns'"),
        (("plugins.nn_labels", "plugins.nn_label"), ConfigError, r"nn_label.*Did you mean 'nn_labels'"),
        (("sources.lamost_spectra", "source.lamost_spectra"), ConfigError, r"'source'.*Did you mean 'sources'"),
        (("sources.lamost_spectra", "sources.lamost_spectr"), PlanError, r"\[sources.lamost_spectra\]"),
        (("spectra/*.fits*", "spectrum/*.fits*"), ConfigError, r"matches no file"),
        (('name = "lasp"', 'name = "lasp"\nwhere = "snr_g >> 3"'), ConfigError, r"snr_g >> 3"),
        (('name = "lasp"', 'name = "lasp"\nwhere = "snr_gg > 3"'), PlanError, r"'snr_gg' of reference_labels"),
    ],
)
def test_a_wrong_setting_is_one_error_before_anything_runs(project, change, error, said):
    ws = space(project)
    assert ws.build("lamost_normalized", workers=1).ok
    before = digests(ws, "lamost_spectra", "lamost_normalized")
    old, new = change
    assert old in CONFIG
    (project / "vacframe.toml").write_text(CONFIG.replace(old, new))
    with pytest.raises(error, match=f"(?s){said}"):
        space(project).build("nn_labels", workers=1)
    (project / "vacframe.toml").write_text(CONFIG)
    assert space(project).build("lamost_normalized", workers=1).ran == 0
    assert digests(ws, *before) == before
