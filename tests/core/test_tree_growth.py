"""Sources of different density in one build: partitions are split before any source is cut into them."""

import engine_plugin
import numpy as np
import pytest

from vacframe.workspace import Workspace

CODE = '''
import vacframe as vf
from pydantic import BaseModel

class Config(BaseModel, frozen=True, extra="forbid"):
    rows: int = 3000

plugin = vf.Plugin("growing", config=Config, citation="nobody")

def table(*columns):
    return vf.TableSchema(key="star", position=vf.Position(), columns=(
        vf.column("star", "int64", "Identifier", nullable=False), vf.column("ra", "float64", "Position", unit="deg"),
        vf.column("dec", "float64", "Position", unit="deg"), *columns))

MAG = vf.column("mag", "float64", "Magnitude", unit="mag")

@plugin.product("sparse", kind="source", table=table(MAG))
def sparse(inputs, context):
    """Read from files."""

@plugin.product("dense", kind="source", table=table(MAG))
def dense(inputs, context):
    """Read from files."""

@plugin.product("side", table=table(vf.column("other", "float64", "Magnitude in dense")),
    needs=[vf.same("sparse", ["star"]), vf.same("dense", ["mag"])])
def side(inputs, context):
    """The same star in two sources."""
    return {"other": inputs["dense"]["mag"]}

@plugin.product("keyed", table=table(vf.column("other", "float64", "Magnitude in sparse")),
    needs=[vf.same("dense", ["star"]), vf.by_key("sparse", ["star", "mag"], on="star")])
def keyed(inputs, context):
    """The same star, wherever it lies."""
    import numpy as np
    row = inputs["sparse"].match("star", inputs["dense"]["star"])
    return {"other": np.append(inputs["sparse"]["mag"], np.nan)[row]}

@plugin.product("late", kind="source", table=table(), files=vf.Files(shards=1), needs=[vf.all_rows("sparse", ["star"])])
def late(inputs, context):
    """A source that is made from another and is denser than all."""
    import numpy as np
    number = np.arange(context.config.rows)
    return {"_file": np.zeros(len(number), int), "_row": number, "star": number,
        "ra": number * 360.0 / len(number), "dec": np.linspace(-80, 80, len(number))}

@plugin.product("after", table=table(vf.column("found", "bool", "Whether sparse has it")),
    needs=[vf.same("late", ["star"]), vf.by_key("sparse", ["star"], on="star")])
def after(inputs, context):
    """Which stars are in sparse."""
    return {"found": inputs["sparse"].match("star", inputs["late"]["star"]) >= 0}
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    engine_plugin.activate(monkeypatch, tmp_path / "site", "growing", CODE)
    engine_plugin.write_stars(tmp_path / "sparse.parquet", 100)
    few = engine_plugin.write_stars(tmp_path / "dense0.parquet", 100)
    engine_plugin.write_stars(tmp_path / "dense1.parquet", 2000, first=5000)
    (tmp_path / "vacframe.toml").write_text(
        '[sources.sparse]\nfiles = ["sparse.parquet"]\n[sources.dense]\nfiles = ["dense*.parquet"]\n'
    )
    return tmp_path, np.asarray(few["mag"])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_denser_source_loses_no_row_of_a_join(project, workers):
    folder, mag = project
    ws = Workspace(folder / "ws", folder / "vacframe.toml", ["partition_rows=150"])
    assert ws.build("sparse", "side", "keyed", workers=workers).ok
    assert len(ws.version("sparse").parts) > 12
    side, keyed = (ws.read(n).sort_by("star") for n in ("side", "keyed"))
    np.testing.assert_array_equal(side["other"].to_numpy(), mag)
    np.testing.assert_array_equal(keyed["other"].to_numpy(zero_copy_only=False)[:100], mag)
    assert keyed["other"].null_count == 2000
    assert Workspace(folder / "ws", folder / "vacframe.toml", ["partition_rows=150"]).build("side", "keyed").ran == 0
    plain = Workspace(folder / "plain", folder / "vacframe.toml", ["pixel_order=0"])
    plain.build("side", "keyed", workers=1)
    for name in ("side", "keyed"):
        assert plain.version(name).manifest["digest"] == ws.version(name).manifest["digest"]


def test_a_source_that_comes_late_and_splits_partitions(project):
    folder, _ = project
    ws = Workspace(folder / "ws", folder / "vacframe.toml", ["partition_rows=150"])
    assert ws.build("after", workers=1).ok
    after = ws.read("after").sort_by("star")
    np.testing.assert_array_equal(after["found"].to_numpy(zero_copy_only=False), np.arange(3000) < 100)
    assert ws.build("after", workers=1).ran == 0


def test_a_source_that_grows_denser_later(project):
    folder, mag = project
    ws = Workspace(folder / "ws", folder / "vacframe.toml", ["partition_rows=150"])
    assert ws.build("keyed", workers=1).ok
    before = len(ws.version("sparse").parts)
    engine_plugin.write_stars(folder / "dense2.parquet", 4000, first=20000)
    assert ws.build("keyed", workers=1).ok
    assert len(ws.version("sparse").parts) > before
    keyed = ws.read("keyed").sort_by("star")
    np.testing.assert_array_equal(keyed["other"].to_numpy(zero_copy_only=False)[:100], mag)
    assert ws.build("keyed", workers=1).ran == 0
