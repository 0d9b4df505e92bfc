"""Whole builds: the same catalogues for other shards, partitions and workers."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from vacframe_mock_survey.figures.populations import abundances
from vacframe_mock_survey.figures.spectra import nearest_visit
from vacframe_mock_survey.figures.workspace import figures

import vacframe as vf
from vacframe import to_numpy
from vacframe.schemas import SOURCES

PRODUCTS = {
    "mock_truth": "source_id",
    "mock_observations": "obsid",
    "gaia_sources": "source_id",
    "photometry": "source_id",
    "lamost_stars": "obsid",
    "lamost_spectra": "obsid",
    "gaia_xp_spectra": "source_id",
    "reference_labels": "obsid",
    "apogee_labels": "source_id",
    "pastel_labels": "source_id",
    "saga_labels": "source_id",
    "asteroseismic_labels": "source_id",
    "cluster_members": "source_id",
    "geometric_distances": "source_id",
    "crossmatch": "obsid",
    "reddening_map": "healpix",
    "dust_3d": "healpix",
}


@pytest.fixture(scope="module")
def builds(tmp_path_factory, isochrones):
    folder = tmp_path_factory.mktemp("builds")
    pq.write_table(pa.table(isochrones), folder / "isochrones.parquet")

    def build(name, order, shard, workers):
        config = folder / f"{name}.toml"
        config.write_text(
            f'survey = "mock"\npixel_order = {order}\n[sources.isochrones]\nfiles = ["isochrones.parquet"]\n'
            f"[plugins.mock_survey]\nstars = 250\nshard_size = {shard}\ndec_min = 20.0\ndec_max = 28.0\n"
            "halo_fraction = 0.3\ncluster_fraction = 0.2\napogee_fraction = 0.9\npastel_fraction = 0.9\n"
            "saga_fraction = 0.9\nseismic_fraction = 0.9\nreddening_map_order = 2\ndust_3d_order = 1\n"
        )
        workspace = vf.Workspace(folder / name, config=config)
        assert workspace.build(*PRODUCTS, workers=workers).ok
        return workspace

    return build("whole", 0, 1000, 1), build("parts", 1, 130, 2)


@pytest.fixture(scope="module")
def tables(builds):
    return [{product: w.read(product).sort_by(key) for product, key in PRODUCTS.items()} for w in builds]


@pytest.mark.parametrize("product", PRODUCTS)
def test_same_rows_for_any_shards_partitions_and_workers(tables, product):
    whole, parts = tables
    assert whole[product].num_rows > 0
    assert whole[product].schema == parts[product].schema
    for name in whole[product].column_names:
        (ours, missing), (theirs, also_missing) = (to_numpy(table[product][name]) for table in tables)
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
        np.testing.assert_array_equal(missing, also_missing, err_msg=name)


@pytest.mark.parametrize("product", PRODUCTS)
def test_equal_digests_of_the_whole(builds, product):
    whole, parts = (b.show(product) for b in builds)
    assert whole["digest"] == parts["digest"]


def test_every_column_of_every_source_product_is_filled(tables):
    """METHODS, section 0: each product with its columns, types and units, as the schemas that plugins share say."""
    assert set(SOURCES) - {"isochrones"} <= set(PRODUCTS)
    for name in set(SOURCES) - {"isochrones"}:
        table = tables[0][name]
        for column in SOURCES[name].columns:
            assert column.name in table.column_names, f"{name}.{column.name}"
            values, mask = to_numpy(table[column.name])
            known = values if mask is None else values[~mask]
            assert len(known), f"{name}.{column.name}"
            assert known.dtype.kind != "f" or np.isfinite(known).any(), f"{name}.{column.name}"


def test_positions_are_those_of_each_catalogues_epoch(tables):
    stars = tables[0]["mock_truth"].select(["source_id", "ra", "dec"]).to_pandas().set_index("source_id")
    visits = tables[0]["mock_observations"].to_pandas()
    moved = (visits["dec"] - stars.loc[visits["source_id"], "dec"].to_numpy()).abs()
    assert (moved > 0).all()
    labels = tables[0]["lamost_stars"].to_pandas().set_index("obsid").loc[visits["obsid"]]
    assert (labels["dec"].to_numpy() == visits["dec"].to_numpy()).all()


def test_figures_show_every_star(builds, tmp_path):
    import matplotlib.pyplot as plt

    paths = figures(builds[0], tmp_path)
    assert [p.stem for p in paths] == ["mock_survey", "mock_measurements", "mock_spectra"]
    assert [plt.imread(p).shape[:2] for p in paths[:2]] == [(1100, 1870)] * 2
    truth = builds[0].read("mock_truth").to_pandas()
    figure, axes = plt.subplots()
    abundances(axes, {name: truth[name].to_numpy() for name in ("population", "feh", "alpha_m")})
    assert sum(len(drawn.get_offsets()) for drawn in axes.collections) == len(truth) == 250
    plt.close(figure)


def test_visit_nearest_in_labels_is_drawn():
    labels = {
        "teff": [5800.0, 4700.0, 5750.0],
        "logg": [4.4, 2.5, 4.4],
        "feh": [0.0, 0.0, 0.0],
        "snr_g": [200.0, 90.0, 5.0],
    }
    assert nearest_visit({name: np.array(values) for name, values in labels.items()}, 5770.0, 4.4, 0.0) == 0
