"""A build of real LAMOST DR10 spectra that is killed (SIGKILL) and started again, against one left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import vacframe as vf

pytest.importorskip("vacframe_surveys", reason="the plugin surveys is not installed")
pytest.importorskip("vacframe_nn_labels", reason="the plugin nn_labels is not installed")
SHARED = Path(os.environ.get("VACFRAME_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
FOLDER = SHARED / "lamost_dr10"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"real LAMOST spectra are not at {FOLDER}")

SPECTRA = 24
CONFIG = """
[sources.lamost_spectra]
files = {files}
[sources.reference_labels]
files = ["{folder}/labels.csv"]
columns = {{ obsid = "obsid", ra = "ra", dec = "dec", snr_g = "snrg", teff = "teff_lasp", feh = "feh_lasp" }}
[[plugins.nn_labels.training_sets]]
name = "lasp"
labels = "reference_labels"
label_columns = ["teff", "feh"]
test_fraction = 0.3
minimum_stars = 10
epochs = 5
layers = [16]
"""
PUBLISHED = ("reference_labels", "lamost_spectra", "lamost_normalized", "nn_training_set")
LEARNT = ("nn_models", "nn_labels")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dr10")
    files = sorted(str(p) for p in (FOLDER / "spectra").glob("*.fits.gz"))[:: 1200 // SPECTRA][:SPECTRA]
    assert len(files) == SPECTRA
    (folder / "vacframe.toml").write_text(CONFIG.format(files=files, folder=FOLDER))
    return folder


def space(project, name, order):
    return vf.Workspace(project / name, project / "vacframe.toml", [f"pixel_order={order}"])


def digests(ws, *products):
    return {p: ws.version(p).manifest["digest"] for p in products}


@pytest.fixture(scope="module")
def undisturbed(project):
    ws = space(project, "undisturbed", 0)
    assert ws.build("nn_labels", workers=1).ok
    assert ws.version("lamost_normalized").rows > SPECTRA - 5
    return digests(ws, *PUBLISHED, *LEARNT)


def kill_a_build(project, name, order, workers, product, reached):
    """Start a build in a process group of its own and kill all of it as soon as a path below the workspace exists."""
    code = (
        "import sys; import vacframe as vf\n"
        "if __name__ == '__main__':\n"
        f"    vf.Workspace({str(project / name)!r}, {str(project / 'vacframe.toml')!r}, ['pixel_order={order}'])"
        f".build({product!r}, workers={workers})\n"
    )
    script = project / f"{name}.py"
    script.write_text(code)
    child = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
    deadline = time.time() + 120
    while time.time() < deadline and child.poll() is None and not any((project / name).glob(reached)):
        time.sleep(0.002)
    os.killpg(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL, "the build ended before it was killed"


@pytest.mark.parametrize(
    ("workers", "order", "reached"),
    [
        (1, 0, "products/lamost_spectra/scan/*/records.parquet"),
        (2, 2, "products/lamost_normalized/objects/*"),
    ],
)
def test_the_same_command_again_gives_what_an_undisturbed_build_gives(project, undisturbed, workers, order, reached):
    name = f"killed-{workers}-{order}"
    kill_a_build(project, name, order, workers, "nn_training_set", reached)
    ws = space(project, name, order)
    with pytest.raises(vf.VacframeError, match="not built"):
        ws.read("nn_training_set")
    assert ws.build("nn_training_set", workers=workers).ok
    assert digests(ws, *PUBLISHED) == {p: undisturbed[p] for p in PUBLISHED}
    assert ws.verify() == []
    assert ws.build("nn_training_set", workers=workers).ran == 0


def test_a_build_killed_while_it_trains_gives_the_same_labels(project, undisturbed):
    kill_a_build(project, "killed-training", 2, 1, "nn_labels", "products/nn_training_counts/current")
    ws = space(project, "killed-training", 2)
    report = ws.build("nn_labels", workers=1)
    assert report.ok
    assert report["lamost_normalized"].ran == 0
    assert digests(ws, *PUBLISHED, *LEARNT) == undisturbed
