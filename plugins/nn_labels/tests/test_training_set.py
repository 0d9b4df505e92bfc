"""Which stars train, which test, and where the others are lost."""

import numpy as np
import pytest
from vacframe_nn_labels import plugin

from vacframe import VacframeError
from vacframe.testing import run_product


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


def test_labels_by_source_id_come_through_the_crossmatch(kit):
    config = kit.small_config(key="source_id", where="")
    assert [n.product for n in plugin.requires("nn_training_set", config)][:2] == ["crossmatch", "lamost_normalized"]
    spectra, labels = kit.spectra_and_labels(60)
    # Two spectra of each of 30 stars; those of star 0 have no match, star 1 no labels; one spectrum more has no flux.
    source_id = 10**18 + np.arange(60) // 2
    labels = {n: v[2::2][1:] for n, v in labels.items()}
    labels["source_id"] = source_id[4::2]
    del labels["obsid"]
    obsid = np.append(spectra["obsid"], 10**6)
    places = {n: np.append(spectra[n], 1.0) for n in ("ra", "dec")}
    matched = np.ma.masked_array(np.append(source_id, 10**18 + 7), mask=np.arange(61) < 2)
    crossmatch = {"obsid": obsid, "source_id": matched, **places}
    tables = {"lamost_normalized": spectra, "reference_labels": labels, "crossmatch": crossmatch}
    stars = run_product(plugin, "nn_training_set", tables, config=config).table.sort_by("obsid")
    assert stars["obsid"].to_pylist() == spectra["obsid"][4:].tolist()
    np.testing.assert_array_equal(stars["teff_tiny"].to_numpy(), np.repeat(labels["teff"], 2))
    np.testing.assert_array_equal(stars["star_tiny"].to_numpy(), source_id[4:])
    split = stars["split_tiny"].to_numpy().reshape(-1, 2)
    np.testing.assert_array_equal(split[:, 0], split[:, 1])
    assert set(split[:, 0]) == {1, 2}
    counts = run_product(plugin, "nn_training_counts", tables, config=config).table.to_pylist()[0]
    assert [counts[n] for n in ("spectra", "label_rows", "labelled", "complete")] == [60, 28, 56, 56]
    assert counts["training"] == (split == 1).sum()


def test_one_label_table_has_one_key(kit):
    chosen = kit.small_config().training_sets[0]
    other = chosen.model_copy(update={"name": "other", "key": "source_id"})
    with pytest.raises(ValueError, match="training sets of 'reference_labels' name different keys"):
        plugin.config_model(training_sets=[chosen, other])
