"""The conformance kit catches what breaks the contract, and nothing else."""

import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import vacframe as vf
from vacframe.core.contract.errors import ConfigError, PluginError, UsageError
from vacframe.core.registry.manifest import make_manifest, manifest_path, write_manifest
from vacframe.testing import Sample, check_plugin, run_product
from vacframe.testing.guard import watch
from vacframe.testing.samples import made_up

HEAD = """
import vacframe as vf
from pydantic import BaseModel

class Config(BaseModel):
    scale: float = 2.0
    offset: float = 1.0

plugin = vf.Plugin("kit", config=Config)
STARS = (
    vf.column("star", "int64", "Identifier", ucd="meta.id;meta.main", nullable=False),
    vf.column("ra", "float64", "Right ascension", unit="deg", ucd="pos.eq.ra;meta.main"),
    vf.column("dec", "float64", "Declination", unit="deg", ucd="pos.eq.dec;meta.main"),
)
TABLE = vf.TableSchema(key="star", position=vf.Position(),
                       columns=(*STARS, vf.column("out", "float64", "A number")))
X = vf.column("x", "float64", "A number", minimum=1.0, maximum=2.0)
NEED = vf.same("stars", [*STARS, X])

def product(name, *, row_wise=True, needs=(NEED,), **options):
    return plugin.product(name, table=options.pop("table", TABLE), needs=needs, row_wise=row_wise,
                          description="A product", **options)
"""

GOOD = '''
@product("good", method=vf.Method(config_fields=("scale",)))
def good(inputs, context):
    """Everything right."""
    import numpy as np
    stars = inputs["stars"]
    keep = np.isfinite(stars["x"])
    rejects = vf.Rejects()
    rejects.add("no_x", "x is missing", keys=stars["star"][~keep])
    noise = context.rng(stars["star"][keep]).normal()
    out = context.config.scale * stars["x"][keep] + noise
    return vf.Result({"star": stars["star"][keep], "out": out}, rejects=rejects)

@product("bright", method=vf.Method(config_fields=()))
def bright(inputs, context):
    """A selection: what is not bright is left out on purpose."""
    stars = inputs["stars"]
    keep = stars["x"] > 1.5
    return {"star": stars["star"][keep], "out": stars["x"][keep]}

@product("fit", kind="model", table=None, row_wise=False, needs=(vf.all_rows("stars", [STARS[0], X]),),
         method=vf.Method(exactness="tolerance"))
def fit(inputs, context):
    """A model that needs two stars."""
    import numpy as np
    from vacframe.core.contract.errors import VacframeError
    x = inputs["stars"]["x"]
    if np.isfinite(x).sum() < 2:
        raise VacframeError("fit: fewer than 2 stars")
    return vf.Model({"mean": np.array([np.nanmean(x)])}, {"stars": len(x)})

@product("residual", needs=(NEED, vf.all_rows("fit")))
def residual(inputs, context):
    """What the model leaves."""
    return {"out": inputs["stars"]["x"] - inputs["fit"]["mean"][0]}

@product("matched", needs=(NEED, vf.by_key("others", ["star", "y"], on="star"), vf.same("dust", ["ebv"], optional=True)
))
def matched(inputs, context):
    """Rows of another table, wherever they lie."""
    import numpy as np
    stars, others = inputs["stars"], inputs["others"]
    row = others.match("star", stars["star"])
    return {"out": np.where(row >= 0, others["y"][row] if len(others) else np.nan, np.nan)}

@product("total", kind="whole", row_wise=False, needs=(vf.all_rows("stars", [STARS[0], X]),),
         table=vf.TableSchema(columns=(vf.column("n", "int64", "Stars"),)))
def total(inputs, context):
    """A table of one row."""
    return {"n": [len(inputs["stars"])]}

@product("shards", kind="source", row_wise=False, needs=(), files=vf.Files(shards=3))
def shards(inputs, context):
    """A source without files."""
    import numpy as np
    number = np.array([f.shard for f in inputs.files], dtype=np.int64)
    file = np.arange(len(number))
    return {"star": number, "ra": number * 1.0, "dec": number * 2.0, "out": number * 0.5, "_file": file}

@product("table", kind="source", row_wise=False, needs=())
def table(inputs, context):
    """A source that the core reads."""
    from vacframe.core.contract.errors import ConfigError
    raise ConfigError("table: no file is configured; write [sources.table]")
'''

# Product, options of its decorator, body of its function, and the checks that have to fail.
SCALE_ONLY = "method=vf.Method(config_fields=('scale',))"
BROKEN = [
    ("missing_column", "", "return {'star': s['star']}", {"schema"}),
    ("extra_column", "", "return {'out': s['x'], 'more': s['x']}", {"schema"}),
    ("wrong_length", "", "return {'out': np.zeros((len(s), 2))}", {"schema"}),
    ("undeclared_column", "", "return {'out': s['y']}", {"declared"}),
    ("undeclared_input", "", "return {'out': inputs['dust']['x']}", {"declared"}),
    ("undeclared_field", SCALE_ONLY, "return {'out': s['x'] * context.config.offset}", {"declared"}),
    ("reads", "", "open(FILE).read(); return {'out': s['x']}", {"no_io"}),
    ("writes", "", "open(FILE + '.new', 'a').close(); return {'out': s['x']}", {"no_io"}),
    ("deletes", "", "os.path.exists(FILE + '.x') and os.remove(FILE + '.x'); return {'out': s['x']}", {"no_io"}),
    ("runs_a_program", "", "subprocess.run(['true']); return {'out': s['x']}", {"no_io"}),
    ("phones", "", "socket.socket().connect_ex(('127.0.0.1', 9)); return {'out': s['x']}", {"no_io"}),
    ("empty_fails", "", "s['x'][:1].max(); return {'out': s['x']}", {"empty"}),
    ("rows_from_nothing", "", "return {'out': s['x']} if len(s) else dict(star=[1], ra=[1.0], dec=[1.0], out=[1.0])",
     {"empty"}),
    ("one_row_fails", "row_wise=False", "len(s) and np.diff(s['x']).max(); return {'out': s['x']}", {"one_row"}),
    ("nan_fails", "", "assert not len(s) or np.isfinite(s['x']).any(); return {'out': s['x']}", {"all_nan", "chunks"}),
    ("nan_vanishes", "", "k = s['x'] > 0; return {'star': s['star'][k], 'out': s['x'][k]}", {"all_nan"}),
    ("random", "", "return {'out': np.random.default_rng().random(len(s))}",
     {"determinism", "chunks", "row_order", "workers"}),
    ("counts_calls", "", "CALLS.append(1); return vf.Result({'out': s['x']}, counts={'calls': len(CALLS)})",
     {"determinism", "chunks", "row_order"}),
    ("mean", "", "return {'out': s['x'] - (np.nanmean(s['x']) if np.isfinite(s['x']).any() else 0)}",
     {"chunks", "row_order"}),
    ("rounds_sums", "", "return {'out': np.full(len(s), float(len(s)))}", {"chunks"}),
    ("running", "row_wise=False", "return {'out': np.cumsum(np.nan_to_num(s['x']))}", {"row_order"}),
    ("threads", "", "return {'out': s['x'] * float(os.environ.get('OMP_NUM_THREADS', 5))}", {"workers"}),
    ("no_rows", "", "return {'star': s['star'][:0], 'out': s['x'][:0]}", {"schema"}),
    ("no_model", "needs=(NEED, vf.all_rows('nothing'))", "return {'out': s['x']}", {"sample"}),
    ("no_table", "kind='source', row_wise=False, needs=()", "return {'out': 1}", {"schema"}),
]  # fmt: skip

FUNCTION = """
@product({name!r}, {options})
def {name}(inputs, context):
    import os, socket, subprocess
    import numpy as np
    s = inputs.get("stars")
    {body}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder on ``sys.path`` for plugins."""
    place = tmp_path_factory.mktemp("site")
    sys.path.insert(0, str(place))
    yield place
    sys.path.remove(str(place))
    for name in [n for n in sys.modules if n.startswith("kit_")]:
        del sys.modules[name]


def install(folder, name, code, manifest=True):
    """Write a plugin of one module, and its manifest."""
    (folder / f"{name}.py").write_text(code)
    module = __import__(name)
    if manifest:
        write_manifest(make_manifest(module.plugin, name), manifest_path(name))
    return module.plugin


def failed(results, product=""):
    return {r.name for r in results if r.product == product and not r.ok}


@pytest.fixture(scope="module")
def good(folder):
    return check_plugin(install(folder, "kit_good", HEAD + GOOD))


@pytest.fixture(scope="module")
def broken(folder, tmp_path_factory):
    data = tmp_path_factory.mktemp("data") / "table.txt"
    data.write_text("1")
    (data.parent / "table.txt.x").write_text("1")
    code = HEAD + f"FILE = {str(data)!r}\nCALLS = []\n"
    for name, options, body, _ in BROKEN:
        options = options if "row_wise" in options or "kind" in options else f"row_wise=True, {options}"
        code += FUNCTION.format(name=name, options=options, body=body)
    plugin = install(folder, "kit_broken", code)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_plugin(plugin)


def test_a_good_plugin_passes_every_check(good):
    assert [str(r) for r in good if not r.ok] == []
    ran = {(r.product, r.name) for r in good if r.status == "ok"}
    for name in ("good", "bright", "residual", "matched"):
        assert {check for product, check in ran if product == name} == {
            *("schema", "declared", "no_io", "empty", "one_row", "all_nan", "determinism", "chunks"),
            *("row_order", "workers"),
        }
    assert {("", "manifest"), ("", "imports"), ("fit", "workers"), ("total", "row_order"), ("shards", "chunks")} <= ran
    assert ("table", "schema") in ran


def test_skipped_checks_say_why(good):
    skipped = {(r.product, r.name): r.detail for r in good if r.status == "skipped"}
    assert skipped["total", "chunks"] == "it is not row-wise"
    assert skipped["fit", "row_order"] == "sums over all rows"
    assert "the core reads it" in skipped["table", "no_io"]
    assert all(skipped.values())


@pytest.mark.parametrize(("name", "checks"), [(b[0], b[3]) for b in BROKEN])
def test_what_is_broken_is_caught_by_its_check(broken, name, checks):
    assert checks <= failed(broken, name), [str(r) for r in broken if r.product == name]
    if checks == {"no_io"} or len(checks) > 1 or name == "threads":
        assert failed(broken, name) == checks


def test_the_message_says_what_was_done(broken):
    detail = {(r.product, r.name): r.detail for r in broken}
    assert "column 'y' was not declared" in detail["undeclared_column", "declared"]
    assert "'offset'" in detail["undeclared_field", "declared"]
    assert "reads" in detail["reads", "no_io"]
    assert "table.txt" in detail["reads", "no_io"]
    assert "starts a process" in detail["runs_a_program", "no_io"]
    assert "column 'out'" in detail["threads", "workers"]
    assert "neither came back nor were rejected" in detail["nan_vanishes", "all_nan"]
    assert "'nothing'" in detail["no_model", "sample"]


def test_numerics_at_import_and_a_false_manifest_are_caught(folder):
    code = HEAD.replace("import vacframe as vf", "import numpy\nimport vacframe as vf") + GOOD
    install(folder, "kit_heavy", code)
    path = manifest_path("kit_heavy")
    path.write_text(path.read_text().replace("A product", "Something else"))
    results = {r.name: r for r in check_plugin("kit_heavy:plugin", products=[])}
    assert results["imports"].status == "failed"
    assert "numpy" in results["imports"].detail
    assert results["manifest"].status == "failed"
    assert "'total'" in results["manifest"].detail


def test_a_missing_manifest_and_an_unknown_unit_are_caught(folder):
    plugin = install(folder, "kit_bare", HEAD + GOOD, manifest=False)
    assert "there is no kit_bare.vacframe.json" in check_plugin(plugin, products=[])[0].detail
    plugin = install(folder, "kit_unit", (HEAD + GOOD).replace('unit="deg"', 'unit="degrese"'), manifest=False)
    assert "degrese" in check_plugin(plugin, products=[])[0].detail


def test_samples_take_the_place_of_made_up_inputs(folder):
    plugin = install(folder, "kit_sample", HEAD + FUNCTION.format(
        name="picky", options="", body="assert (s['x'] == 1.25).all() or not np.isfinite(s['x']).any()\n"
        "    assert context.config.scale == 7\n    return {'out': s['x']}"))  # fmt: skip
    stars = {"star": [5, 3, 4], "ra": [1.0, 2.0, 3.0], "dec": [0.0, 0.0, 0.0], "x": np.full(3, 1.25)}
    config = plugin.config_model(scale=7)
    assert failed(check_plugin(plugin), "picky") >= {"schema"}
    for sample in (Sample({"stars": stars}, config), lambda: {"inputs": {"stars": stars}, "config": config}):
        assert failed(check_plugin(plugin, samples={"picky": sample}), "picky") == set()
    with pytest.raises(UsageError, match="no product other"):
        check_plugin(plugin, samples={"other": Sample()})


def test_a_plugin_that_no_process_can_import_is_checked_as_far_as_possible():
    plugin = vf.Plugin("local")
    schema = vf.TableSchema(columns=(vf.column("n", "int64", "A number"),))
    plugin.product("one", table=schema, kind="whole", description="One")(lambda inputs, context: {"n": [1]})
    results = {r.name: r.status for r in check_plugin(plugin)}
    assert results["schema"] == results["determinism"] == "ok"
    assert results["workers"] == results["imports"] == results["manifest"] == "skipped"


def test_an_unknown_plugin_is_an_error():
    with pytest.raises(PluginError, match="no plugin 'nonexistent'"):
        check_plugin("nonexistent")


NUMBERS = ["int8", "uint8", "int64", "float32", "float64"]


@pytest.mark.parametrize(
    ("dtype", "length"), [*((d, None) for d in [*NUMBERS, "bool", "string"]), *((d, 5) for d in NUMBERS)]
)
def test_made_up_values_have_the_type_and_lie_in_the_valid_range(dtype, length):
    limits = {} if dtype in ("bool", "string") else {"minimum": 3.0, "maximum": 5.0}
    values = made_up(vf.column("v", dtype, length=length, nullable=False, **limits), 500)
    assert values.null_count == 0
    assert len(values) == 500
    flat = values.flatten() if length else values
    assert (
        str(flat.type).replace("double", "float64").replace("float", "float32").replace("float3264", "float64") == dtype
    )
    if limits:
        numbers = flat.to_numpy()
        assert numbers.min() >= 3
        assert numbers.max() <= 5
        assert len(np.unique(numbers)) >= 3


def test_made_up_tables_meet_by_key(good):
    """`matched` would reject or lose rows otherwise; here its rows are looked at."""
    from kit_good import plugin

    from vacframe.testing.samples import make_case

    case = make_case(plugin, "matched", {})
    stars, others = case.inputs["stars"], case.inputs["others"]
    assert stars["star"].to_pylist() != others["star"].to_pylist()
    assert sorted(stars["star"].to_pylist()) == sorted(others["star"].to_pylist())
    assert len(set(stars["star"].to_pylist())) == len(stars)
    found = run_product(plugin, "matched", case.inputs).table
    expected = dict(zip(others["star"].to_pylist(), others["y"].to_pylist(), strict=True))
    assert dict(zip(found["star"].to_pylist(), found["out"].to_pylist(), strict=True)) == expected


@pytest.fixture
def selective():
    plugin = vf.Plugin("selective")
    table = vf.TableSchema(
        key="star",
        position=vf.Position(),
        columns=(
            vf.column("star", "int64", nullable=False),
            vf.column("ra", "float64"),
            vf.column("dec", "float64"),
            vf.column("ebv", "float32"),
            vf.column("more", "int64"),
        ),
    )
    dust = vf.same("dust", [vf.column("ebv", "float32"), vf.column("code", "int16")], where="x > 1", optional=True)
    needs = [vf.same("stars", ["star"], where="x > 1"), dust, vf.all_rows("more", ["n"], optional=True)]

    @plugin.product("chosen", table=table, needs=needs, row_wise=True, description="Chosen")
    def chosen(inputs, context):
        assert inputs["stars"].columns == ("star",)
        assert inputs["dust"]["code"].dtype == np.int16
        return {"ebv": inputs["dust"]["ebv"], "more": np.full(len(inputs["stars"]), len(inputs["more"]))}

    return plugin


STARS = {"star": [4, 5, 6], "ra": [10.0, 20.0, 30.0], "dec": [0.0, 1.0, 2.0], "x": [2.0, np.nan, 3.0]}


def test_run_product_applies_where_and_carries_the_rows_it_leaves(selective):
    dust = {"ebv": np.float32([0.1, 0.2, 0.3]), "code": np.int16([1, 2, 3]), "x": STARS["x"]}
    made = run_product(selective, "chosen", {"stars": STARS, "dust": dust, "more": {"n": [1, 2]}})
    rows = {r["star"]: (r["ra"], r["dec"], round(r["ebv"], 5), r["more"]) for r in made.table.to_pylist()}
    assert rows == {4: (10.0, 0.0, 0.1, 2), 6: (30.0, 2.0, 0.3, 2)}


def test_run_product_gives_nulls_for_optional_inputs_that_are_absent(selective):
    made = run_product(selective, "chosen", {"stars": STARS}, chunk_bytes=1)
    assert made.table["ebv"].to_pylist() == [None, None]
    assert made.table["more"].to_pylist() == [0, 0]


def test_run_product_says_what_is_missing(selective):
    with pytest.raises(KeyError, match="'stars' is missing"):
        run_product(selective, "chosen", {})
    with pytest.raises(ConfigError, match="'x'"):
        run_product(selective, "chosen", {"stars": pa.table({"star": [1]})})


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (lambda p: p.read_text(), "reads"),
        (lambda p: p.write_text("x"), "writes"),
        (lambda p: np.save(p, [1]), "writes"),
        (lambda p: os.close(os.open(p, os.O_RDWR)), "writes"),
        (lambda p: p.rename(p.with_suffix(".b")), "changes files"),
        (lambda p: subprocess.run(["true"], check=False), "starts a process"),
        (lambda p: os.system("true"), "starts a process"),
        (lambda p: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 9)), "uses the network"),
    ],
)
def test_input_and_output_is_noticed_while_watched(tmp_path, work, expected):
    path = tmp_path / "a.txt"
    path.write_text("x")
    with watch([]) as noticed:
        pass
    work(path)
    assert noticed == []
    path.write_text("x")
    with watch([]) as noticed:
        work(path)
    assert len(noticed) >= 1
    assert noticed[0].startswith(expected)


def test_libraries_own_data_and_caches_are_no_input(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "lines.csv").write_text("1")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "kit_late.py").write_text(
        "from pathlib import Path\n(Path(__file__).parent / 'data.txt').write_text('')"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        with watch([tmp_path / "own"]) as noticed:
            (tmp_path / "own" / "lines.csv").read_text()
            open(np.__file__).close()
            open(os.devnull, "w").close()
            (tmp_path / "__pycache__" / "kernel.nbi").write_text("x")
            import kit_late  # noqa: F401
    finally:
        sys.path.remove(str(tmp_path))
    assert noticed == []


def test_the_example_plugin_passes_without_any_sample(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "examples" / "hello_plugin"))
    results = check_plugin("vacframe_hello:plugin")
    assert [str(r) for r in results if r.status != "ok"] == []
    assert len(results) == 12
