import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vacframe as vf
from vacframe.core.columns.batch import Batch, Inputs
from vacframe.core.columns.digest import table_digests
from vacframe.core.columns.position import HEALPIX, healpix29
from vacframe.core.contract.errors import PluginError, SchemaError
from vacframe.core.contract.needs import primary_need
from vacframe.core.contract.plugin import NoConfig
from vacframe.core.tasks.context import Context
from vacframe.core.tasks.plugin_call import invoke
from vacframe.testing import run_product

KEY = vf.column("source_id", "int64", "Identifier", nullable=False)
SKY = (KEY, vf.column("ra", "float64", "Right ascension", unit="deg"), vf.column("dec", "float64", "Dec.", unit="deg"))
VALUE = vf.column("y", "float64", "A number")


def table(*extra, **options):
    return vf.TableSchema(columns=(*SKY, *extra), key="source_id", position=vf.Position(), **options)


def made_by(function, *, schema=None, needs=None, kind="sky", row_wise=False, **options):
    plugin = vf.Plugin("p")
    needs = [vf.same("stars", ["x"])] if needs is None else needs
    plugin.product("out", table=schema or table(VALUE), needs=needs, kind=kind, description="d", row_wise=row_wise)(
        function
    )
    return run_product(plugin, "out", **options)


def stars(count, seed=1):
    rng = np.random.default_rng(seed)
    return {
        "source_id": rng.permutation(count).astype(np.int64) + 10,
        "ra": rng.uniform(0, 360, count),
        "dec": rng.uniform(-90, 90, count),
        "x": np.where(rng.uniform(size=count) < 0.2, np.nan, rng.normal(size=count)),
        "flux": rng.normal(size=(count, 5)).astype("float32"),
    }


def double(inputs, context):
    return {"y": 2 * inputs["stars"]["x"]}


def test_key_position_and_home_are_carried_over():
    given_ = stars(50)
    made = made_by(double, inputs={"stars": given_})
    order = np.lexsort([given_["source_id"], healpix29(given_["ra"], given_["dec"])])
    assert made.table.column_names == [HEALPIX, "source_id", "ra", "dec", "y"]
    for name in ("source_id", "ra", "dec"):
        np.testing.assert_array_equal(made.table[name].to_numpy(), given_[name][order])
    np.testing.assert_array_equal(made.table[HEALPIX].to_numpy(), healpix29(given_["ra"], given_["dec"])[order])
    np.testing.assert_array_equal(made.table["y"].to_numpy(), 2 * given_["x"][order])
    assert made.table["y"].null_count == np.isnan(given_["x"]).sum()


def test_a_subset_and_another_order_are_matched_by_key():
    given_ = stars(30)
    rows = np.random.default_rng(3).permutation(30)
    for chosen in (rows[:7], rows, rows[:0]):
        keys = given_["source_id"][chosen]
        made = made_by(lambda i, c, k=keys: {"source_id": k, "y": k * 1.0}, inputs={"stars": given_})
        assert sorted(made.table["source_id"].to_pylist()) == sorted(keys.tolist())
        np.testing.assert_array_equal(made.table["y"].to_numpy(), made.table["source_id"].to_numpy())
        where = dict(zip(given_["source_id"].tolist(), given_["ra"].tolist(), strict=True))
        assert made.table["ra"].to_pylist() == [where[k] for k in made.table["source_id"].to_pylist()]


def test_keys_from_nowhere_are_refused():
    with pytest.raises(PluginError, match="keys that are not among its input rows"):
        made_by(lambda i, c: {"source_id": [10, 999], "y": [1.0, 2.0]}, inputs={"stars": stars(5)})


def test_own_positions_give_the_home():
    made = made_by(
        lambda i, c: {"source_id": [1], "ra": [10.0], "dec": [20.0], "y": [0.0]}, needs=[vf.all_rows("stars", ["x"])],
        inputs={"stars": stars(3)},
    )  # fmt: skip
    assert made.table[HEALPIX].to_pylist() == healpix29(np.array([10.0]), np.array([20.0])).tolist()
    with pytest.raises(PluginError, match="no ra or dec"):
        made_by(lambda i, c: {"source_id": [1], "y": [0.0]}, needs=[], inputs={})


def by_row(inputs, context):
    batch = inputs["stars"]
    keys = inputs["ids"]["source_id"]
    ruled = batch["x"] > 0
    result = vf.Result(
        {"y": batch["x"] + context.rng(keys).normal() + inputs["all"]["x"].sum()}, counts={"positive": ruled.sum()}
    )
    result.rejects.add("negative", "x is below 0", keys=keys[~ruled])
    return result


@given(st.integers(0, 40), st.integers(1, 2000))
def test_any_chunking_gives_the_same_bits(count, chunk_bytes):
    given_ = stars(count)
    needs = [vf.same("stars", ["x", "flux"]), vf.same("ids", ["source_id"]), vf.all_rows("all", ["x"])]
    inputs = {"stars": given_, "ids": given_, "all": stars(9)}
    sizes = []

    def counted(batches, context):
        sizes.append(len(batches["stars"]))
        assert len(batches["ids"]) == sizes[-1]
        assert len(batches["all"]) == 9
        return by_row(batches, context)

    whole = made_by(by_row, needs=needs, inputs=inputs)
    parts = made_by(counted, needs=needs, inputs=inputs, row_wise=True, chunk_bytes=chunk_bytes)
    assert parts.table.equals(whole.table)
    assert parts.counts == whole.counts
    assert sorted(parts.rejects["key"].to_pylist()) == sorted(whole.rejects["key"].to_pylist())
    assert sum(sizes) == count
    per_row = 8 + 5 * 4 + 8 + 1  # x, flux, source_id and a validity bitmap at most
    assert max(sizes) <= max(1, chunk_bytes // (per_row - 2))


def test_chunks_of_a_filtered_input_hold_each_row_once():
    need = vf.same("stars", ["x"], where="x > 0")
    made = made_by(double, needs=[need], inputs={"stars": stars(20)}, row_wise=True, chunk_bytes=16)
    whole = made_by(double, needs=[need], inputs={"stars": stars(20)})
    assert made.table.equals(whole.table)


def test_row_order_of_the_input_does_not_matter():
    given_ = stars(25)
    rows = np.random.default_rng(5).permutation(25)
    shuffled = {n: v[rows] for n, v in given_.items()}
    first, second = (made_by(double, inputs={"stars": s}).table for s in (given_, shuffled))
    assert first.equals(second)
    assert table_digests(first, "source_id") == table_digests(second, "source_id")


def test_no_rows_give_a_full_schema():
    made = made_by(double, inputs={"stars": stars(0)}, row_wise=True)
    assert made.table.num_rows == 0
    assert made.table.schema.field("y").type == pa.float64()
    assert made.table.schema.field("ra").metadata[b"unit"] == b"deg"


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (lambda i, c: None, PluginError, "run\\(\\) returned None"),
        (lambda i, c: vf.Model({}), PluginError, "no table"),
        (lambda i, c: {"y": 2 * i["stars"]["x"], "yy": i["stars"]["x"]}, PluginError, "undeclared columns yy.*'y'"),
        (lambda i, c: {"source_id": [10]}, SchemaError, "did not return column y"),
        (lambda i, c: {"y": [1.0, 2.0], "source_id": [10]}, SchemaError, r"different lengths \[1, 2\]"),
        (lambda i, c: {"y": ["a"] * 4}, SchemaError, "'y' holds text"),
        (lambda i, c: {"y": i["stars"]["z"]}, PluginError, "'z' was not declared"),
        (lambda i, c: {"y": i["planets"]["x"]}, PluginError, "'planets' was not declared"),
        (lambda i, c: {"source_id": [10, 10], "y": [1.0, 2.0]}, SchemaError, "not unique \\(1 repeats\\)"),
    ],
)
def test_what_breaks_the_contract_is_named(function, error, words):
    with pytest.raises(error, match=words):
        made_by(function, inputs={"stars": stars(4)})


@pytest.mark.parametrize(
    ("options", "values", "words"),
    [
        ({"minimum": 0.0}, [-1.0, 1.0], "'y' spans -1 to 1, valid is 0.0 to inf"),
        ({"maximum": 0.5}, [0.0, 1.0], "valid is -inf to 0.5"),
        ({"nullable": False}, [np.nan, 1.0], "'y' has 1 nulls"),
    ],
)
def test_ranges_and_nulls_are_checked(options, values, words):
    schema = table(vf.column("y", "float64", "A number", **options))
    with pytest.raises(SchemaError, match=words):
        made_by(lambda i, c: {"y": values}, schema=schema, inputs={"stars": stars(2)})


def test_nulls_are_outside_no_range():
    schema = table(vf.column("y", "float64", "A number", minimum=0.0))
    made = made_by(lambda i, c: {"y": [np.nan, 1.0]}, schema=schema, inputs={"stars": stars(2)})
    assert made.table["y"].null_count == 1


def test_inputs_are_read_only():
    def scribble(inputs, context):
        inputs["stars"]["x"][:] = 0

    with pytest.raises(ValueError, match="read-only"):
        made_by(scribble, inputs={"stars": stars(4)})


def test_models_and_open_tables():
    made = made_by(lambda i, c: vf.Model({"w": np.arange(3.0)}, {"n": 3}), kind="model", inputs={"stars": stars(4)})
    assert made.table is None
    assert made.model["w"].tolist() == [0, 1, 2]
    with pytest.raises(PluginError, match="must return a Model"):
        made_by(double, kind="model", inputs={"stars": stars(4)})
    opened = made_by(
        lambda i, c: {"y": i["stars"]["x"], "extra": np.arange(4, dtype="int16")},
        schema=table(VALUE, open=True),
        inputs={"stars": stars(4)},
    )
    assert opened.table.schema.field("extra").type == pa.int16()


def test_a_declared_configuration_field_only():
    from pydantic import BaseModel

    class Config(BaseModel):
        scale: float = 3.0
        other: float = 1.0

    plugin = vf.Plugin("p", config=Config)
    schema = vf.TableSchema(columns=(VALUE,))

    @plugin.product("out", table=schema, kind="whole", description="d", method=vf.Method(config_fields=["scale"]))
    def run(inputs, context):
        return {"y": [context.config.scale]}

    @plugin.product("bad", table=schema, kind="whole", description="d", method=vf.Method(config_fields=["scale"]))
    def sly(inputs, context):
        return {"y": [context.config.other]}

    assert run_product(plugin, "out").table["y"].to_pylist() == [3.0]
    with pytest.raises(PluginError, match=r"'other'.*config_fields"):
        run_product(plugin, "bad")


def test_the_primary_need():
    same, sky, every = vf.same("a", ["x"]), vf.sky("b", ["x"], margin=0.1), vf.all_rows("c", ["x"])
    optional = vf.same("d", ["x"], optional=True)
    assert primary_need([every, sky, optional, same]) is same
    assert primary_need([every, sky]) is sky
    assert primary_need([every, optional]) is None


def test_without_a_home_the_key_must_be_returned():
    plugin = vf.Plugin("p")
    plugin.product("out", table=table(VALUE), needs=[vf.same("stars", ["x"])], description="d")(double)
    batch = Batch(pa.table({"x": [1.0]}), "stars")
    with pytest.raises(PluginError, match="no ra or dec"):
        invoke(
            plugin.run,
            plugin.provides()[0],
            plugin.requires("out", None),
            Inputs({"stars": batch}),
            Context("out", NoConfig()),
        )
