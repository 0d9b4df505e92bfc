"""Labels keyed by source_id through whole builds: spectra, their stars and the labels lie in different pixels."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from vacframe_nn_labels.conformance import WINDOWS, spectra_and_labels

from vacframe import Workspace

CONFIG = f"""
[sources.lamost_normalized]
files = ["spectra.parquet"]
[sources.crossmatch]
files = ["crossmatch.parquet"]
[sources.apogee_labels]
files = ["labels.parquet"]

[plugins.nn_labels]
windows = {[list(w) for w in WINDOWS]}
[[plugins.nn_labels.training_sets]]
name = "apogee"
labels = "apogee_labels"
key = "source_id"
label_columns = ["teff", "feh"]
where = "snr_g > 20 and snr > 70"
"""


@pytest.fixture
def project(tmp_path):
    """Write spectra, two a star, a crossmatch that knows all but the first star, and labels some degrees off."""
    spectra, labels = spectra_and_labels(120)
    star = np.arange(120) // 2
    places = {n: spectra[n] for n in ("ra", "dec")}
    source_id = pa.array(10**18 + star, mask=star == 0)
    matches = {"obsid": spectra["obsid"], "source_id": source_id, **places}
    first = slice(0, 120, 2)
    reference = {
        "source_id": 10**18 + star[first],
        "ra": (spectra["ra"][first] + 40.0) % 360,
        "dec": -spectra["dec"][first],
        "snr": np.where(star[first] < 50, 100.0, 60.0),
        "teff": labels["teff"][first],
        "feh": labels["feh"][first],
    }
    lists = {n: pa.array(list(spectra[n]), pa.list_(pa.float32(), spectra[n].shape[1])) for n in ("flux", "ivar")}
    pq.write_table(pa.table({**spectra, **lists}), tmp_path / "spectra.parquet")
    pq.write_table(pa.table(matches), tmp_path / "crossmatch.parquet")
    pq.write_table(pa.table(reference), tmp_path / "labels.parquet")
    (tmp_path / "vacframe.toml").write_text(CONFIG)
    return tmp_path, spectra, reference


def test_training_set_through_the_crossmatch(project):
    folder, spectra, reference = project
    digests = []
    for order in (0, 2):
        space = Workspace(folder / f"ws{order}", folder / "vacframe.toml", [f"pixel_order={order}"])
        assert space.build("nn_training_set", "nn_training_counts", workers=1).ok
        digests.append(space.show("nn_training_set")["digest"])
    assert digests[0] == digests[1]
    stars = space.read("nn_training_set").sort_by("obsid")
    star = np.arange(120) // 2
    wanted = (star > 0) & (star < 50) & (spectra["snr_g"] > 20)
    assert stars["obsid"].to_pylist() == spectra["obsid"][wanted].tolist()
    np.testing.assert_array_equal(stars["teff_apogee"].to_numpy(), reference["teff"][star[wanted]])
    counts = space.read("nn_training_counts").to_pylist()[0]
    assert (counts["label_rows"], counts["labelled"], counts["complete"]) == (60, 118, wanted.sum())
