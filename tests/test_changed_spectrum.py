"""One spectrum file of a survey changes: what runs again from spectra to labels, and what `why` says of it."""

import numpy as np
import pytest

import vacframe as vf

conformance = pytest.importorskip("vacframe_surveys.conformance", reason="the plugin surveys is not installed")
pytest.importorskip("vacframe_nn_labels", reason="the plugin nn_labels is not installed")

STARS, LABELLED = 24, 20
CONFIG = """
pixel_order = 1
[sources.lamost_spectra]
files = ["spectra/*.fits"]
[sources.reference_labels]
files = ["labels.csv"]
[[plugins.nn_labels.training_sets]]
name = "lasp"
label_columns = ["teff"]
minimum_stars = 5
epochs = 2
layers = [4]
test_fraction = 0.0
"""


def position(number):
    return (15.0 * number) % 360, (37.0 * number) % 140 - 70


def write(folder, number, depth):
    ra, dec = position(number)
    flux, ivar, wavelength, andmask = conformance.spectrum(conformance.GRID)
    flux = 100 * (1 - depth * np.exp(-0.5 * ((wavelength - 4861) / 6) ** 2))
    facts = {"OBSID": 100 + number, "RA": ra, "DEC": dec}
    path = folder / "spectra" / f"spec-{number:02d}.fits"
    conformance.write_lamost(path, arrays=[flux, ivar, wavelength, andmask], facts=facts)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "spectra").mkdir()
    for number in range(STARS):
        write(tmp_path, number, 0.02 * number)
    rows = ["{},{},{},{}\n".format(100 + n, *position(n), 5000 + 100 * n) for n in range(LABELLED)]
    (tmp_path / "labels.csv").write_text("obsid,ra,dec,teff\n" + "".join(rows))
    (tmp_path / "vacframe.toml").write_text(CONFIG)
    return tmp_path


def ran(report):
    return {p.name: p.ran for p in report.products}


def test_only_what_follows_from_the_changed_file_runs(project):
    ws = vf.Workspace(project / "ws", project / "vacframe.toml")
    assert ws.build("nn_labels", workers=1).ok
    parts = len(ws.version("nn_labels").parts)
    assert parts > 10
    model = ws.version("nn_models").manifest["digest"]

    write(project, STARS - 1, 0.9)
    outside = ws.build("nn_labels", workers=1)
    assert outside.ok
    expected = {"lamost_spectra": 1, "lamost_normalized": 1, "nn_models": 0, "nn_labels": 1, "reference_labels": 0}
    assert {n: k for n, k in ran(outside).items() if n in expected} == expected
    assert ws.version("nn_models").manifest["digest"] == model
    said = [t.reason.detail for t in ws.why("lamost_spectra") if f"spec-{STARS - 1}.fits changed" in t.reason.detail]
    assert len(said) == 1

    write(project, 3, 0.9)
    inside = ran(ws.build("nn_labels", workers=1))
    assert {n: inside[n] for n in ("lamost_spectra", "nn_models", "nn_labels")} == {
        "lamost_spectra": 1, "nn_models": 1, "nn_labels": parts,
    }  # fmt: skip
    assert ws.version("nn_models").manifest["digest"] != model
    assert sum(ran(ws.build("nn_labels", workers=1)).values()) == 0
