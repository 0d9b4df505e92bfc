import numpy as np
import pyarrow as pa
import pytest
from vacframe_mock_survey import MockSurveyConfig, plugin

from vacframe.testing import product_of, run_product

PRODUCTS = {
    "gaia_sources": "mock_truth",
    "photometry": "mock_truth",
    "lamost_stars": "mock_observations",
    "reference_labels": "mock_observations",
}


def joined(truth, name, key, **options):
    made = run_product(plugin, name, {PRODUCTS[name]: truth}, config=MockSurveyConfig(**options)).table.to_pandas()
    return made.merge(truth.to_pandas(), how="left", on=key, suffixes=("", "_true")).set_index(key)


@pytest.mark.parametrize("name", PRODUCTS)
def test_chunks_change_nothing(truth, observations, name):
    source = PRODUCTS[name]
    some = (truth if source == "mock_truth" else observations).slice(0, 300)
    whole = run_product(plugin, name, {source: some}).table
    row_bytes = product_of(plugin, name).resources.row_bytes
    for rows in (1, 7):
        assert run_product(plugin, name, {source: some}, chunk_bytes=rows * row_bytes + 500).table.equals(whole)
    assert run_product(plugin, name, {source: some.slice(0, 0)}).table.num_rows == 0


def test_photometry_errors_and_limits(truth):
    table = joined(truth, "photometry", "source_id", missing_band_fraction=0.1)
    for band in ("j", "ks", "w1", "v_apass", "g_sdss"):
        pull = ((table[band] - table[f"mag_{band}"]) / table[f"{band}_error"]).dropna()
        assert pull.std() == pytest.approx(1.0, abs=0.08)
        assert table[band].isna().equals(table[f"{band}_error"].isna())
    assert table["j"].isna().mean() > 0.07
    assert table.loc[table["mag_g_sdss"] < 13.5, "g_sdss"].isna().all()


def test_reference_labels(observations):
    table = joined(observations, "reference_labels", "obsid", reference_fraction=0.5, reference_snr_min=30.0)
    above = int((observations["snr_g"].to_numpy() >= 30).sum())
    assert len(table) == pytest.approx(0.5 * above, rel=0.1)
    assert (table["snr_g"] >= 30).all()
    for name in ("teff", "logg", "feh", "mh", "alpha_m"):
        pull = (table[name] - table[f"{name}_true"]) / table[f"{name}_error"]
        assert pull.std() == pytest.approx(1.0, abs=0.08)
    assert (table["ra"] == table["ra_true"]).all()


def test_reference_labels_of_no_star(observations):
    made = run_product(
        plugin, "reference_labels", {"mock_observations": observations}, config=MockSurveyConfig(reference_fraction=0.0)
    )
    assert made.table.num_rows == 0
    assert made.counts == {"labelled": 0, "unlabelled": observations.num_rows}


def test_survey_labels_degrade(observations):
    table = joined(observations, "lamost_stars", "obsid", missing_label_fraction=0.1)
    assert table["teff"].isna().mean() == pytest.approx(0.1, abs=0.02)
    error = (table["feh"] - table["feh_true"]).abs()
    assert error[table["snr_g"] < 20].median() > 1.5 * error[table["snr_g"] > 100].median()


def test_seed_changes_the_errors(observations):
    some = observations.slice(0, 50)
    first, second = (run_product(plugin, "lamost_stars", {"mock_observations": some}, seed=s).table for s in (0, 1))
    assert isinstance(first, pa.Table)
    assert not np.array_equal(first["teff"].to_numpy(), second["teff"].to_numpy())
