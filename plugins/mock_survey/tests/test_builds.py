"""Whole builds: the same catalogues for other shards, partitions and workers."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vacframe as vf

PRODUCTS = {
    "mock_truth": "source_id",
    "mock_observations": "obsid",
    "gaia_sources": "source_id",
    "photometry": "source_id",
    "lamost_stars": "obsid",
    "apogee_labels": "source_id",
    "geometric_distances": "source_id",
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory, isochrones):
    folder = tmp_path_factory.mktemp("builds")
    pq.write_table(pa.table(isochrones), folder / "isochrones.parquet")

    def build(name, order, shard, workers):
        config = folder / f"{name}.toml"
        config.write_text(
            f'survey = "mock"\npixel_order = {order}\n[sources.isochrones]\nfiles = ["isochrones.parquet"]\n'
            f"[plugins.mock_survey]\nstars = 300\nshard_size = {shard}\ndec_min = 20.0\ndec_max = 40.0\n"
        )
        workspace = vf.Workspace(folder / name, config=config)
        assert workspace.build(*PRODUCTS, workers=workers).ok
        return {product: workspace.read(product).sort_by(key) for product, key in PRODUCTS.items()}

    return build("whole", 0, 1000, 1), build("parts", 2, 130, 2)


@pytest.mark.parametrize("product", PRODUCTS)
def test_same_rows_for_any_shards_partitions_and_workers(tables, product):
    whole, parts = tables
    assert whole[product].num_rows > 0
    assert whole[product].equals(parts[product])


def test_positions_are_those_of_each_catalogues_epoch(tables):
    stars = tables[0]["mock_truth"].select(["source_id", "ra", "dec"]).to_pandas().set_index("source_id")
    visits = tables[0]["mock_observations"].to_pandas()
    moved = (visits["dec"] - stars.loc[visits["source_id"], "dec"].to_numpy()).abs()
    assert (moved > 0).all()
    labels = tables[0]["lamost_stars"].to_pandas().set_index("obsid").loc[visits["obsid"]]
    assert (labels["dec"].to_numpy() == visits["dec"].to_numpy()).all()
