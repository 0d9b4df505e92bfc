"""The report, against a calculation by hand and by other tools."""

import numpy as np
import pyarrow.compute as pc
import pytest
from astropy.stats import mad_std
from vacframe_nn_labels import plugin
from vacframe_nn_labels.method.comparison import statistics

from vacframe.testing import run_product


def make_report(chain, **changes):
    config = chain.config.model_copy(update=changes)
    members = chain.found.table.filter(pc.field("split_tiny") > 0)
    inputs = {"nn_estimates": members, "nn_training_set": chain.stars}
    return run_product(plugin, "nn_report", inputs, config=config).table.to_pandas()


def test_statistics_by_hand():
    found = statistics(np.array([-1.0, 0.0, 1.0, 2.0, 100.0, np.nan]), np.array([2.0, 1.0, 0.5, np.nan, 1.0, 9.0]))
    assert found["n"] == 5
    assert found["bias"] == 1.0
    assert found["scatter"] == pytest.approx(1.4826)  # deviations 2 1 0 1 99, median 1
    assert found["std"] == pytest.approx(39.8126, abs=1e-4)
    assert found["p16"] == pytest.approx(-0.36)
    assert found["p84"] == pytest.approx(37.28)
    assert found["outliers"] == pytest.approx(0.2)
    assert found["coverage"] == pytest.approx(0.5)  # 1 <= 2 and 0 <= 1 of four with an error


def test_an_empty_sample_has_no_statistics():
    found = statistics(np.array([np.nan]), np.array([1.0]))
    assert found["n"] == 0
    assert np.isnan(found["bias"])


def test_rows_match_the_products(chain):
    report = make_report(chain)
    assert len(report) == 2 * 3
    labels = chain.found.table.to_pandas().set_index("obsid")
    stars = chain.stars.to_pandas().set_index("obsid")
    selected = stars[(stars["split_tiny"] == 2) & (stars["snr_g"] > 60) & (stars["teff_tiny"] < 6000)]
    difference = labels.loc[selected.index, "teff_tiny"] - selected["teff_tiny"]
    row = report.query("label == 'teff' and sample == 'test_selected'").iloc[0]
    assert row["n"] == len(selected)
    assert row["unit"] == "K"
    assert row["scatter"] == pytest.approx(mad_std(difference), rel=1e-4)
    assert row["bias"] == pytest.approx(difference.median(), rel=1e-5)
    counts = report.query("label == 'feh'").set_index("sample")["n"]
    assert counts["training"] + counts["test"] == len(stars)


def test_baseline_learns_from_the_same_split(chain):
    report = make_report(chain, baseline="pca_svr")
    assert len(report) == 2 * 2 * 3
    for label, tolerance in (("teff", 150), ("feh", 0.15)):
        rows = report[(report["label"] == label) & (report["sample"] == "test_selected")].set_index("method")
        assert rows.loc["pca_svr", "n"] == rows.loc["nn", "n"]
        assert rows.loc["pca_svr", "scatter"] < tolerance
        assert np.isnan(rows.loc["pca_svr", "coverage"])
        in_training = (report["label"] == label) & (report["sample"] == "training") & (report["method"] == "pca_svr")
        assert report[in_training]["scatter"].item() < rows.loc["pca_svr", "scatter"]
