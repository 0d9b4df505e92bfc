"""Specifications of tasks: small, picklable, and kept in capsules as JSON."""

import pickle
from pathlib import Path

import pyarrow as pa
import pytest

from vacframe.core.columns.batch import SourceFile
from vacframe.core.contract.device import Device
from vacframe.core.contract.errors import VacframeError
from vacframe.core.contract.model import Model
from vacframe.core.contract.needs import all_rows, by_key, same
from vacframe.core.contract.product import Product, Resources
from vacframe.core.contract.schema import Position, TableSchema, column
from vacframe.core.contract.settings import SourceConfig
from vacframe.core.tasks import specs
from vacframe.core.tasks.capsule import read_capsule, write_capsule
from vacframe.core.tasks.specs import InputSpec, MakeSpec, PilotRows, ProductSpec, ScanSpec

STARS = TableSchema(
    key="star",
    position=Position(),
    columns=(
        column("star", "int64", "Identifier", nullable=False),
        column("ra", "float64", "Right ascension", unit="deg"),
        column("dec", "float64", "Declination", unit="deg"),
    ),
)
NEEDS = (
    same("stars", ["ra", column("mag", "float32", "Magnitude", unit="mag")], maybe=["dec"], where="mag < 5"),
    by_key("others", ["star"], on="star"),
    all_rows("fit"),
)


@pytest.fixture
def of(tmp_path):
    product = Product(name="made", description="Made", table=STARS, resources=Resources(gpu="preferred"))
    return ProductSpec(
        product, "plugin", {"factor": 2.0, "names": ["a"]}, 5, {"code": "c", "libraries": {}}, NEEDS, (),
        tmp_path / "products/made", tmp_path / "logs", tmp_path / "capsules", 1 << 20, "build",
    )  # fmt: skip


def make_spec(of):
    inputs = {
        "stars": InputSpec(STARS, {"0/3": "a.parquet"}, "d"),
        "others": InputSpec(STARS, {"0/3": "b"}, None, "index", {"least_order": 0, "split": [[0, 3]]}),
        "fit": InputSpec(None, {"all": "model"}, "m"),
    }
    return MakeSpec(of, "0/3", inputs, "key", {"stars": "d"}, Device("gpu", 1, "H200", 139.0))


def test_a_specification_survives_the_way_to_a_worker(of):
    spec = make_spec(of)
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_what_all_tasks_of_a_product_share_is_unpacked_once(of):
    specs._unpacked.cache_clear()
    first, second = (pickle.loads(pickle.dumps(MakeSpec(of, part))) for part in ("0/1", "0/2"))
    assert first.of is second.of
    assert first.of == of
    assert first.of.stored.names[0] == "_healpix_29"


def scan_spec(of):
    source = SourceConfig(files=["*.fits"], columns={"star": "id"})
    files = (SourceFile("a.fits", Path("a.fits")), SourceFile("shard 1", shard=1))
    return ScanSpec(of, "scan 0", files, source, inputs={}, pilot=PilotRows("mag < 5", ("0/1",)))


@pytest.mark.parametrize("write", [make_spec, scan_spec])
def test_a_capsule_holds_the_specification_the_inputs_and_the_traceback(of, write):
    spec = write(of)
    loaded = {"stars": pa.table({"star": [1]}), "others": pa.table({"star": [2]}), "fit": Model({"w": [1.5]})}
    try:
        raise ValueError("too bright")
    except ValueError:
        folder = write_capsule(spec, loaded)
    again, inputs = read_capsule(folder)
    assert again == spec
    assert inputs["stars"].equals(loaded["stars"])
    assert inputs["fit"]["w"].tolist() == [1.5]
    assert "too bright" in (folder / "traceback.txt").read_text()


def test_a_folder_that_is_no_capsule_is_said_to_be_none(tmp_path):
    with pytest.raises(VacframeError, match=r"not a capsule .*name a folder under capsules"):
        read_capsule(tmp_path)
    (tmp_path / "task.json").write_text('{"task": "make"}')
    with pytest.raises(VacframeError, match="not a capsule"):
        read_capsule(tmp_path)
