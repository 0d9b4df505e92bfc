"""Which stars train, which test, and where the others are lost."""

import numpy as np
import pytest

from vacframe.core.errors import ConfigError, VacframeError


def test_rows_are_the_stars_of_the_set(chain):
    usable = chain.spectra["snr_g"] > 20
    assert sorted(chain.stars["obsid"].to_pylist()) == chain.spectra["obsid"][usable].tolist()
    rows = np.searchsorted(chain.spectra["obsid"], chain.stars["obsid"].to_numpy())
    for label in ("teff", "feh"):
        np.testing.assert_array_equal(chain.stars[f"{label}_tiny"].to_numpy(), chain.labels[label][rows])
    flux = np.stack(chain.stars["flux"].to_numpy(zero_copy_only=False))
    np.testing.assert_array_equal(flux, chain.spectra["flux"][rows])


def test_split_follows_the_fraction_and_the_key(chain, kit):
    split = chain.stars["split_tiny"].to_numpy()
    assert set(split) == {1, 2}
    assert np.mean(split == 2) == pytest.approx(0.3, abs=3 * np.sqrt(0.21 / len(split)))
    np.testing.assert_array_equal(chain.stars["in_training"].to_numpy(zero_copy_only=False), split == 1)
    half = {n: v[:200] for n, v in chain.spectra.items()}
    part = kit.make_training(half, chain.labels, chain.config)[0].table
    known = dict(zip(chain.stars["obsid"].to_pylist(), split.tolist(), strict=True))
    assert [known[k] for k in part["obsid"].to_pylist()] == part["split_tiny"].to_pylist()


def test_report_rows_fulfil_report_where(chain):
    snr, teff = chain.stars["snr_g"].to_numpy(), chain.stars["teff_tiny"].to_numpy()
    reported = chain.stars["report_tiny"].to_numpy(zero_copy_only=False)
    np.testing.assert_array_equal(reported, (snr > 60) & (teff < 6000))


def test_missing_labels_and_nulls_in_where_are_left_out(kit):
    spectra, labels = kit.spectra_and_labels(60)
    labels["teff"][:5] = np.nan
    spectra["snr_g"][5:10] = np.nan
    keep = np.arange(60) != 20
    labels = {n: v[keep] for n, v in labels.items()}
    stars, counts = kit.make_training(spectra, labels, kit.small_config(where="snr_g > 0"))
    assert stars.table.num_rows == 60 - 5 - 5 - 1
    row = counts.table.to_pylist()[0]
    assert [row[n] for n in ("spectra", "label_rows", "labelled", "chosen", "complete")] == [60, 59, 59, 54, 49]
    assert row["training"] + row["test"] == 49


def test_two_sets_of_one_table(kit):
    config = kit.small_config()
    first = config.training_sets[0]
    second = first.model_copy(update={"name": "hot", "label_columns": ("feh",), "where": "teff > 5500"})
    config = config.model_copy(update={"training_sets": (first, second)})
    spectra, labels = kit.spectra_and_labels(100)
    stars = kit.make_training(spectra, labels, config)[0].table.to_pandas()
    hot = stars["split_hot"] > 0
    assert stars.loc[hot, "feh_hot"].notna().all()
    assert stars.loc[~hot, "feh_hot"].isna().all()
    assert (stars.loc[stars["split_tiny"] == 0, "snr_g"] <= 20).all()
    assert (stars["in_training"] == ((stars["split_tiny"] == 1) | (stars["split_hot"] == 1))).all()


def test_too_few_stars_says_where_they_were_lost(kit):
    spectra, labels = kit.spectra_and_labels(90)
    config = kit.small_config(where="snr_g > 115")
    stars, counts = kit.make_training(spectra, labels, config)
    chosen = int((spectra["snr_g"] > 115).sum())
    with pytest.raises(VacframeError, match="'tiny'") as caught:
        kit.make_model(stars.table, counts.table, config)
    text = str(caught.value)
    assert "at least 50 are needed" in text
    assert "90 have a row in 'reference_labels' (90 rows)" in text
    assert f"{chosen} of them fulfil where = 'snr_g > 115'" in text


def test_no_spectra_in_common(kit):
    spectra, labels = kit.spectra_and_labels(90)
    labels["obsid"] = labels["obsid"] + 1
    stars, counts = kit.make_training(spectra, labels, kit.small_config())
    assert stars.table.num_rows == 0
    with pytest.raises(VacframeError, match="none of the 90 spectra has a row in the label table 'reference_labels'"):
        kit.make_model(stars.table, counts.table, kit.small_config())


def test_an_empty_label_table_gives_no_rows(kit):
    spectra, labels = kit.spectra_and_labels(20)
    stars, counts = kit.make_training(spectra, {n: v[:0] for n, v in labels.items()}, kit.small_config())
    assert stars.table.num_rows == 0
    assert counts.table["too_few"].to_pylist() == [True]


def test_labels_by_source_id_need_the_crossmatch(kit):
    from vacframe_nn_labels import plugin

    from vacframe.testing import run_product

    config = kit.small_config(key="source_id")
    needs = plugin.requires("nn_training_set", config)
    assert "crossmatch" in [need.product for need in needs]
    spectra, labels = kit.spectra_and_labels(20)
    labels["source_id"] = labels.pop("obsid")
    crossmatch = {"obsid": spectra["obsid"], "source_id": spectra["obsid"]}
    tables = {"lamost_normalized": spectra, "reference_labels": labels, "crossmatch": crossmatch}
    with pytest.raises(ConfigError, match="keyed by source_id, which needs the product 'crossmatch'"):
        run_product(plugin, "nn_training_set", tables, config=config)
