"""The model product: reruns, independence of rows and partitions, metadata."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from vacframe_nn_labels.conformance import WINDOWS
from vacframe_nn_labels.method.model_card import ModelCard
from vacframe_nn_labels.method.networks import restore_networks

from vacframe import VacframeError, Workspace

TINY = f"""
[plugins.nn_labels]
windows = {[list(w) for w in WINDOWS]}
[[plugins.nn_labels.training_sets]]
name = "tiny"
label_columns = ["teff", "feh"]
where = "snr_g > 20"
layers = [16, 8]
epochs = 25
learning_rate = 5e-3
averaging = 0.9
"""
"""`small_config` as a user writes it."""


def same_arrays(one, two):
    return one.arrays.keys() == two.arrays.keys() and all(np.array_equal(one[n], two[n]) for n in one.arrays)


def test_a_rerun_in_another_row_order_is_bitwise_the_same(chain, kit):
    shuffled = chain.stars.take(np.random.default_rng(0).permutation(chain.stars.num_rows))
    again = kit.make_model(shuffled, chain.counts, chain.config)
    assert same_arrays(chain.model, again)
    assert again.metadata == chain.model.metadata


def test_the_seed_of_the_build_counts(chain, kit):
    assert not same_arrays(chain.model, kit.make_model(chain.stars, chain.counts, chain.config, seed=1))


def test_test_stars_do_not_enter(chain, kit):
    """Garbage in the spectra and labels of the test stars leaves the model bitwise as it is."""
    spectra, labels = ({n: v.copy() for n, v in t.items()} for t in (chain.spectra, chain.labels))
    rows = np.flatnonzero(
        np.isin(spectra["obsid"], chain.stars.filter(chain.stars["split_tiny"].to_numpy() == 2)["obsid"])
    )
    spectra["flux"][rows] = 7.0
    labels["feh"][rows] = 3.0
    stars, counts = (made.table for made in kit.make_training(spectra, labels, chain.config))
    assert same_arrays(chain.model, kit.make_model(stars, counts, chain.config))


def test_scales_are_those_of_the_training_stars(chain):
    training = chain.stars.filter(chain.stars["split_tiny"].to_numpy() == 1)
    flux = np.stack(training["flux"].to_numpy(zero_copy_only=False)).astype(np.float64)
    np.testing.assert_allclose(chain.model["tiny_flux_mean"], flux.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(chain.model["tiny_flux_std"], flux.std(axis=0), rtol=1e-5)
    teff = training["teff_tiny"].to_numpy().astype(np.float64)
    assert chain.model["tiny_label_mean"][0] == pytest.approx(teff.mean())
    assert chain.model["tiny_label_std"][0] == pytest.approx(teff.std())


def test_card_tells_what_was_trained(chain):
    card = ModelCard.model_validate(chain.model.metadata).sets[0]
    training = int((chain.stars["split_tiny"].to_numpy() == 1).sum())
    assert card.training + card.validation == training
    assert 0.05 < card.validation / training < 0.3
    assert card.layers == (16, 8)
    assert card.pixels == len(chain.model["tiny_flux_mean"])
    teff = chain.stars.filter(chain.stars["split_tiny"].to_numpy() == 1)["teff_tiny"].to_numpy()
    assert card.labels[0].grid == (teff.min(), teff.max())
    assert all(1 <= label.best_epoch <= label.epochs <= 25 for label in card.labels)


def write_table(table, path):
    """Write a table of arrays as Parquet; arrays of two dimensions become lists of one length."""
    columns = {n: pa.array(list(v), pa.list_(pa.float32(), v.shape[1])) if v.ndim == 2 else v for n, v in table.items()}
    pq.write_table(pa.table(columns), path)


def test_a_stored_model_gives_the_same_estimates(chain, tmp_path):
    write_table(chain.spectra, tmp_path / "spectra.parquet")
    write_table(chain.labels | {n: chain.spectra[n] for n in ("ra", "dec")}, tmp_path / "labels.parquet")
    files = {"lamost_normalized": "spectra.parquet", "reference_labels": "labels.parquet"}
    lines = [f'[sources.{product}]\nfiles = ["{name}"]\n' for product, name in files.items()]
    (tmp_path / "vacframe.toml").write_text("".join(lines) + TINY)
    space = Workspace(tmp_path / "ws", tmp_path / "vacframe.toml")
    assert space.build("nn_models", workers=1).ok
    stored = space.read_model("nn_models")
    assert stored.metadata == chain.model.metadata
    chosen = chain.config.training_sets[0]
    flux = chain.spectra["flux"][:10]
    before, after = (restore_networks(m, chosen, chain.config.windows).estimate(flux) for m in (chain.model, stored))
    np.testing.assert_array_equal(before, after)


def test_a_diverging_network_is_named(chain, kit):
    config = kit.small_config(learning_rate=1e30, epochs=3)
    with pytest.raises(VacframeError, match="'tiny': the loss of teff, feh is not finite"):
        kit.make_model(chain.stars, chain.counts, config)


def test_windows_of_a_set_limit_its_pixels(chain, kit):
    config = kit.small_config(windows=((5000.0, 5060.0),), epochs=2)
    stars, counts = (made.table for made in kit.make_training(chain.spectra, chain.labels, config))
    model = kit.make_model(stars, counts, config)
    assert len(model["tiny_flux_mean"]) == model["tiny_w0"].shape[1] < len(chain.model["tiny_flux_mean"])


def test_a_refit_leaves_out_planted_binaries(chain, kit):
    """A label that is far too bright in a fifth of the stars draws the estimates with it, unless they are left out."""
    labels = {n: v.copy() for n, v in chain.labels.items()}
    planted = np.arange(len(labels["feh"])) % 5 == 0
    labels["feh"][planted] -= 0.75
    bias, removed = [], []
    for refit in (None, {"label": "feh", "keep_above": 99.0}):
        config = kit.small_config(label_columns=["feh"], report_where="", refit=refit)
        stars, counts = (made.table for made in kit.make_training(chain.spectra, labels, config))
        model = kit.make_model(stars, counts, config)
        chosen = config.training_sets[0]
        found = restore_networks(model, chosen, config.windows).estimate(chain.spectra["flux"])[:, 0]
        clean = ~planted & (chain.spectra["snr_g"] > 60)
        bias.append(np.mean((found - labels["feh"])[clean]))
        removed.append(ModelCard.model_validate(model.metadata).sets[0].removed)
    training = stars.filter(stars["split_tiny"].to_numpy() == 1)["obsid"].to_numpy()
    assert removed[0] == 0
    assert np.isin(chain.spectra["obsid"][planted], training).sum() < removed[1] < len(training) // 2
    assert abs(bias[1]) < 0.6 * abs(bias[0])
