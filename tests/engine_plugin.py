"""A synthetic plugin in a distribution of its own, and table files for it."""

import importlib
import os
import sys
import textwrap
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vacframe.core.registry.discovery import Registry

CODE = '''
import vacframe as vf
from pydantic import BaseModel

class Config(BaseModel, frozen=True, extra="forbid"):
    factor: float = 2.0
    fail_above: float = 1e9

plugin = vf.Plugin("synthetic", config=Config, citation="nobody")
POSITION = (
    vf.column("ra", "float64", "Right ascension", unit="deg"), vf.column("dec", "float64", "Declination", unit="deg"),
)
ID = vf.column("star", "int64", "Identifier", nullable=False)

def table(*columns):
    return vf.TableSchema(key="star", position=vf.Position(), columns=(ID, *POSITION, *columns))

@plugin.product("stars", kind="source", table=table(vf.column("mag", "float64", "Magnitude", unit="mag")))
def stars(inputs, context):
    """Stars."""
    raise AssertionError("never read here")

@plugin.product("fluxes", table=table(vf.column("flux", "float64", "Flux")), row_wise=True,
    method=vf.Method(config_fields=["factor"]), needs=[vf.same("stars", ["mag"])])
def fluxes(inputs, context):
    """Fluxes."""
    return {"flux": context.config.factor * 10 ** (-0.4 * inputs["stars"]["mag"])}

@plugin.product("noisy", table=table(vf.column("value", "float64", "Noise")), row_wise=True,
    method=vf.Method(config_fields=["fail_above"]), needs=[vf.same("fluxes", ["star", "flux"])])
def noisy(inputs, context):
    """Noise."""
    batch = inputs["fluxes"]
    if (batch["flux"] > context.config.fail_above).any():
        raise ValueError("too bright")
    return {"value": context.rng(batch["star"]).normal()}

@plugin.product("joined", table=table(vf.column("other", "float64", "Value of the partner")),
    needs=[vf.same("stars", ["star"]), vf.by_key("partners", ["star", "value"], on="star")])
def joined(inputs, context):
    """Partners by key."""
    import numpy as np
    row = inputs["partners"].match("star", inputs["stars"]["star"])
    values = inputs["partners"]["value"]
    found = np.append(values, np.nan)[row]
    return {"other": found}

@plugin.product("summary", kind="whole", needs=[vf.all_rows("fluxes", ["flux"], where="flux > 0.01")],
    table=vf.TableSchema(columns=(vf.column("total", "float64", "Sum"), vf.column("number", "int64", "Rows"))))
def summary(inputs, context):
    """Sum of the bright ones."""
    flux = inputs["fluxes"]["flux"]
    return {"total": [float(flux.sum())], "number": [len(flux)]}

@plugin.product("lopsided", kind="model", needs=[vf.all_rows("summary", ["total"])])
def lopsided(inputs, context):
    """A model."""
    return vf.Model({"total": inputs["summary"]["total"]}, {"made": "here"})

@plugin.product("egg", needs=[vf.same("hen", ["star"])], table=table())
def egg(inputs, context):
    """Egg."""

@plugin.product("hen", needs=[vf.same("egg", ["star"])], table=table())
def hen(inputs, context):
    """Hen."""
'''


def install(folder: Path, name: str = "synthetic", code: str = CODE) -> Path:
    """Write a distribution that is found when `folder` is on ``sys.path``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"vacframe_{name}.py").write_text(textwrap.dedent(code))
    info = folder / f"vacframe_{name}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vacframe-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[vacframe.plugins]\n{name} = vacframe_{name}:plugin\n")
    return folder


def activate(monkeypatch, folder: Path, name: str = "synthetic", code: str = CODE) -> Path:
    """Install a distribution in `folder` and make this process, and those that it starts, find it."""
    install(folder, name, code)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    importlib.invalidate_caches()
    sys.modules.pop(f"vacframe_{name}", None)
    monkeypatch.setattr("vacframe.core.tasks.worker.registry", lru_cache(Registry.discover))
    return folder


def flip_a_byte(path: Path) -> None:
    """Damage a file without a trace in its stat."""
    stat = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def write_stars(path: Path, number: int = 400, first: int = 0, shift: float = 0.0) -> pa.Table:
    """Write a table of stars over the whole sky."""
    random = np.random.default_rng(first)
    table = pa.table(
        {
            "star": np.arange(first, first + number),
            "ra": random.uniform(0, 360, number),
            "dec": np.degrees(np.arcsin(random.uniform(-1, 1, number))),
            "mag": random.uniform(0, 10, number) + shift,
        }
    )
    pq.write_table(table, path)
    return table
