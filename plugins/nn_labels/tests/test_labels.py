"""Labels of every spectrum: truth recovered, flags, errors, chunks."""

import numpy as np
import pyarrow.compute as pc
import pytest
from vacframe_nn_labels import plugin

from vacframe.testing import run_product


@pytest.fixture(scope="module")
def table(chain):
    return chain.found.table.sort_by("obsid").to_pandas()


def test_recovers_the_truth_of_unseen_stars(chain, table):
    unseen = (table["split_tiny"] == 2) & (chain.spectra["snr_g"] > 60)
    for label, tolerance in (("teff", 150), ("feh", 0.15)):
        difference = (table[f"{label}_tiny"] - chain.labels[label])[unseen]
        assert 1.4826 * np.median(np.abs(difference)) < tolerance


def test_every_spectrum_is_there_with_its_part(chain, table):
    assert table["obsid"].tolist() == chain.spectra["obsid"].tolist()
    np.testing.assert_array_equal(table["ra"], chain.spectra["ra"])
    split = dict(zip(chain.stars["obsid"].to_pylist(), chain.stars["split_tiny"].to_pylist(), strict=True))
    assert table["split_tiny"].tolist() == [split.get(k, 0) for k in table["obsid"]]
    assert (table["split_tiny"] == 0).any()


@pytest.mark.parametrize("rows", [1, 7])
def test_chunks_do_not_matter(chain, rows):
    count = 30
    spectra = {n: v[:count] for n, v in chain.spectra.items()}
    inputs = chain.inputs | {"lamost_normalized": spectra}
    width = 8 + 4 + 4 * spectra["flux"].shape[1]
    per_row = width + 40_000
    made = run_product(plugin, "nn_estimates", inputs, config=chain.config, chunk_bytes=rows * per_row + rows)
    whole = chain.found.table.filter(pc.field("obsid") < int(chain.spectra["obsid"][count]))
    assert made.table.equals(whole)


def test_flag_marks_what_leaves_the_grid(chain, kit):
    config = kit.small_config(ranges={"teff": (5000.0, 6000.0)}, epochs=5)
    stars, counts = (made.table for made in kit.make_training(chain.spectra, chain.labels, config))
    inputs = chain.inputs | {"nn_models": kit.make_model(stars, counts, config), "nn_training_set": stars}
    found = run_product(plugin, "nn_estimates", inputs, config=config).table.to_pandas()
    outside = (found["teff_tiny"] < 5000) | (found["teff_tiny"] > 6000)
    assert 0 < outside.sum() < len(found)
    np.testing.assert_array_equal(found["flag_teff_tiny"], outside.astype(int))
    low, high = (f(chain.labels["feh"][chain.spectra["snr_g"] > 20]) for f in (np.min, np.max))
    beyond = found["feh_tiny"][found["flag_feh_tiny"] == 1]
    assert ((beyond < low + 0.1) | (beyond > high - 0.1)).all()


def test_a_spectrum_without_flux_has_no_label(chain):
    spectra = {n: v[:5].copy() for n, v in chain.spectra.items()}
    spectra["flux"][2] = np.nan
    spectra["snr_g"][3] = np.nan
    inputs = chain.inputs | {"lamost_normalized": spectra}
    found = run_product(plugin, "nn_estimates", inputs, config=chain.config).table.sort_by("obsid")
    assert [v is None for v in found["teff_tiny"].to_pylist()] == [False, False, True, False, False]
    assert [v is None for v in found["err_teff_tiny"].to_pylist()] == [False, False, True, True, False]
    assert found["flag_teff_tiny"].to_pylist()[2] == 1


def test_no_rows(chain):
    inputs = chain.inputs | {"lamost_normalized": {n: v[:0] for n, v in chain.spectra.items()}}
    made = run_product(plugin, "nn_estimates", inputs, config=chain.config)
    assert made.table.num_rows == 0
    assert made.table.schema.equals(chain.found.table.schema)


def test_errors_grow_with_noise_and_cover_the_truth(chain, table):
    order = np.argsort(chain.spectra["snr_g"])
    assert (np.diff(table["err_teff_tiny"].to_numpy()[order]) <= 0).all()
    unseen = table["split_tiny"] == 2
    for label in ("teff", "feh"):
        off = np.abs(table[f"{label}_tiny"] - chain.labels[label]) / table[f"err_{label}_tiny"]
        assert 0.5 < (off[unseen] < 1).mean() < 0.85
