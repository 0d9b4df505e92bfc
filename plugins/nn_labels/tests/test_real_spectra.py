"""The accuracy that is asked for, on real LAMOST spectra (shortened training)."""

import gzip
import io
import os
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest
from astropy.io import fits
from astropy.table import Table
from vacframe_nn_labels import plugin

from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe.testing import run_product

SHARED = Path(os.environ.get("VACFRAME_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")
FOLDER = SHARED / "lamost_dr10"
LIMITS = {"teff": 115.0, "logg": 0.14, "feh": 0.125}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"real LAMOST spectra are not at {FOLDER}")


def read_spectra(stars):
    """Return `lamost_spectra` of the files, with astropy alone."""
    flux, ivar = (np.zeros((len(stars), LAMOST_PIXELS), dtype=np.float32) for _ in range(2))
    mask = np.ones(flux.shape, dtype=np.uint8)
    for number, name in enumerate(stars["file"]):
        content = gzip.decompress((FOLDER / "spectra" / str(name)).read_bytes())
        with fits.open(io.BytesIO(content)) as hdus:
            row = hdus[1].data[0]
            first = round((np.log10(row["WAVELENGTH"][0]) - LOGLAM_FIRST) / LOGLAM_STEP)
            place = slice(first, first + len(row["FLUX"]))
            flux[number, place], ivar[number, place] = row["FLUX"], np.maximum(row["IVAR"], 0)
            mask[number, place] = (row["ANDMASK"] != 0) | ~(row["IVAR"] > 0)
    columns = {"obsid": "obsid", "ra": "ra", "dec": "dec", "snr_g": "snrg", "z": "z"}
    table = {ours: np.asarray(stars[theirs]) for ours, theirs in columns.items()}
    table["snr_g"], table["z"] = table["snr_g"].astype(np.float32), table["z"].astype(np.float32)
    return table | {"flux": flux, "ivar": ivar, "mask": mask}


@pytest.fixture(scope="module")
def report():
    training_set = {
        "name": "lasp",
        "label_columns": list(LIMITS),
        "where": "snr_g > 20",
        "report_where": "snr_g > 30 and teff < 7500",
        "epochs": 60,
    }
    config = plugin.config_model(training_sets=[training_set])
    stars = Table.read(FOLDER / "labels.csv", format="ascii.csv")
    tables = {"reference_labels": {"obsid": np.asarray(stars["obsid"])}}
    tables["reference_labels"] |= {label: np.asarray(stars[f"{label}_lasp"]) for label in LIMITS}

    def make(name):
        made = run_product(plugin, name, tables, config=config)
        tables[name] = made.model or made.table

    tables["lamost_spectra"] = read_spectra(stars)
    for name in ("lamost_normalized", "nn_training_set", "nn_training_counts"):
        make(name)
    every = tables["nn_training_set"]
    tables["nn_training_set"] = every.filter(pc.field("in_training"))
    tables["nn_training_counts"] = tables["nn_training_counts"].filter(pc.field("too_few"))
    make("nn_models")
    tables["nn_training_set"] = every
    make("nn_estimates")
    tables["nn_estimates"] = tables["nn_estimates"].filter(pc.field("split_lasp") > 0)
    make("nn_report")
    rows = tables["nn_report"].to_pylist()
    return {row["label"]: row for row in rows if row["sample"] == "test_selected"}


@pytest.mark.parametrize("label", LIMITS)
def test_unseen_stars_are_recovered(report, label):
    """The limits are those of the issue; SOURCE.txt of the data gives 0.135 and 0.110 for a quick fit by others."""
    row = report[label]
    assert row["n"] > 150
    assert row["scatter"] <= LIMITS[label]
    assert abs(row["bias"]) <= LIMITS[label] / 3
    assert 0.5 < row["coverage"] < 0.9
