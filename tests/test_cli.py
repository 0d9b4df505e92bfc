"""The command line, on a plugin of one file that is installed into a folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

TOY = '''
from pydantic import BaseModel
import vacframe as vf

class Config(BaseModel):
    factor: float = 2.0
    fail: bool = False
    note: str = ""

plugin = vf.Plugin("toy", config=Config, citation="Toy et al. 2020")

POSITION = (
    vf.column("source_id", "int64", "Identifier", ucd="meta.id;meta.main", nullable=False),
    vf.column("ra", "float64", "Right ascension", unit="deg", ucd="pos.eq.ra;meta.main"),
    vf.column("dec", "float64", "Declination", unit="deg", ucd="pos.eq.dec;meta.main"),
)

def sky(*columns):
    return vf.TableSchema(key="source_id", position=vf.Position(), columns=(*POSITION, *columns))

@plugin.product("toy_stars", kind="source", method=vf.Method(config_fields=()), citation="Stars et al. 2010",
    table=sky(vf.column("flux", "float64", "Flux", unit="Jy", ucd="phot.flux")))
def toy_stars(inputs, context):
    """Stars of the files."""
    raise RuntimeError("never called: the core reads the files")

SCALED = vf.column("flux", "float64", "Flux times the factor", unit="Jy", ucd="phot.flux")

@plugin.product("toy_flux", table=sky(SCALED),
    needs=[vf.same("toy_stars", ["flux"])], row_wise=True, companions=("toy_report",))
def toy_flux(inputs, context):
    """Fluxes times a factor."""
    if context.config.fail:
        raise ValueError("the factor is out of order")
    return {"flux": inputs["toy_stars"]["flux"] * context.config.factor}

BRIGHTEST = vf.column("brightest", "float64", "Largest flux", unit="Jy", ucd="phot.flux;stat.max")

@plugin.product("toy_report", kind="whole", needs=[vf.all_rows("toy_flux", ["flux"])],
    table=vf.TableSchema(columns=(BRIGHTEST,)))
def toy_report(inputs, context):
    """The brightest star."""
    import numpy as np
    return {"brightest": [np.nanmax(inputs["toy_flux"]["flux"])]}
'''

STARS = """source_id,ra,dec,flux
3425888171296482304,10.5,20.25,1.5
17,200.0,-45.0,2.5
18,200.1,-45.0,
"""

MEASURED = """source_id,ra,ra_error,feh,err_feh,teff
5,10.5000001234567,0.011,-0.4541023,0.0416,5772.3456
6,200.0,123.4,0.16312345,,4321.0
"""


def install(site, name, code):
    (site / f"vacframe_{name}.py").write_text(code)
    info = site / f"vacframe_{name}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vacframe-{name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[vacframe.plugins]\n{name} = vacframe_{name}:plugin\n")


class Shell:
    """Runs ``vacframe`` in a folder with a configuration, a table of stars and the toy plugin."""

    def __init__(self, folder):
        self.folder = folder
        self.site = folder / "site"
        self.site.mkdir()
        self.path = os.pathsep.join(filter(None, [str(self.site), os.environ.get("PYTHONPATH")]))
        install(self.site, "toy", TOY)
        (folder / "stars.csv").write_text(STARS)
        (folder / "vacframe.toml").write_text('[sources.toy_stars]\nfiles = ["stars.csv"]\n[build]\nworkers = 1\n')

    def __call__(self, *arguments, status=0, columns="200"):
        environment = os.environ | {"PYTHONPATH": self.path, "COLUMNS": columns}
        command = [sys.executable, "-c", "from vacframe.cli import main; main()", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stderr if status and not done.stdout.strip() else done.stdout

    def json(self, *arguments, status=0):
        return json.loads(self(*arguments, "--json", status=status))


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    shell = Shell(tmp_path_factory.mktemp("built"))
    shell.first = shell("build", "--products", "toy_flux")
    return shell


def test_build_prints_a_summary_and_its_companions(built):
    lines = {line.split()[0]: line.split() for line in built.first.splitlines() if line.strip()}
    assert lines["toy_flux"][1] == "toy"
    assert "toy_report" in lines
    assert lines["5"] == ["5"]  # the brightest star, from the companion: 2.5 Jy times 2
    assert "done" in lines


def test_rows_left_out_come_with_an_example(shell):
    (shell.folder / "page.csv").write_text("<!DOCTYPE html><html>service unavailable</html>")
    (shell.folder / "vacframe.toml").write_text('[sources.toy_stars]\nfiles = ["*.csv"]\n[build]\nworkers = 1\n')
    row = next(t for t in shell("build", "--products", "toy_stars").splitlines() if "unreadable_file" in t)
    assert "page.csv" in row
    assert "HTML page" in row


def test_a_second_build_runs_nothing(built):
    report = built.json("build", "--products", "toy_flux")
    assert report["ok"]
    assert {p["name"]: (p["ran"], p["failed"]) for p in report["products"]}["toy_flux"] == (0, 0)


def test_dry_run_is_plan(built):
    assert built.json("build", "--products", "toy_flux", "--dry-run") == built.json("plan", "--products", "toy_flux")
    changed = built("plan", "--products", "toy_flux", "--set", "plugins.toy.factor=3.0")
    row = next(line for line in changed.splitlines() if line.startswith("toy_flux"))
    assert "factor" in row or "config" in row


def test_products_are_arguments_a_list_or_both(built):
    listed = built.json("plan", "--products", "toy_flux,toy_report")
    assert built.json("plan", "toy_flux", "toy_report") == listed
    assert built.json("build", "toy_report", "--products", "toy_flux", "--dry-run")["counts"] == listed["counts"]
    assert built.json("plan", "toy_flux,toy_report", "-p", "toy_flux") == listed


def test_a_line_stays_a_line_in_a_pipe(built):
    setting = "factor of " + "many words " * 30
    lines = built("check", "--set", f"plugins.toy.note={setting}", columns="40").splitlines()
    values = built.json("check", "--set", f"plugins.toy.note={setting}")
    keys = [line.partition("  ")[0] for line in lines[1:]]
    assert len(set(keys)) == len(keys)
    assert set(keys) >= {v["key"] for v in values if not isinstance(v["value"], list)}
    (line,) = [line for line in lines if line.startswith("plugins.toy.note")]
    assert line.split(None, 2)[1:] == ["--set", setting.strip()]
    (row,) = [line for line in built("describe", "toy_flux", columns="40").splitlines() if line.startswith("flux ")]
    assert row.endswith("Flux times the factor")


def test_rows_end_where_their_errors_do(shell):
    (shell.folder / "measured.csv").write_text(MEASURED)
    (shell.folder / "vacframe.toml").write_text(
        '[sources.measured]\nfiles = ["measured.csv"]\nkey = "source_id"\nunits = { ra = "deg", ra_error = "mas" }\n'
    )
    shell("build", "measured")
    heads, *rows = (line.split() for line in shell("show", "measured").splitlines()[-3:])
    assert {n: [row[heads.index(n)] for row in rows] for n in heads if n not in ("_healpix_29", "source_id")} == {
        "ra": ["10.5000001235", "200.000000"],
        "ra_error": ["0.011", "120"],
        "feh": ["-0.454", "0.163123"],
        "err_feh": ["0.042", "-"],
        "teff": ["5772.35", "4321"],
    }
    assert shell.json("show", "measured")["head"][0]["feh"] == -0.4541023


def test_why_names_parts_and_reasons(built):
    built("build", "--products", "toy_flux")
    tasks = built.json("why", "toy_flux")
    assert len(tasks) >= 1
    assert {t["action"] for t in tasks} == {"fresh"}
    assert built.json("why", f"toy_flux@{tasks[0]['part']}")[0]["part"] == tasks[0]["part"]


def test_identifiers_are_strings_in_json(built):
    shown = built.json("show", "toy_flux")
    rows = next(
        v for v in shown.values() if isinstance(v, list) and v and isinstance(v[0], dict) and "source_id" in v[0]
    )
    assert {r["source_id"] for r in rows} == {"3425888171296482304", "17", "18"}


def test_listings(built):
    listed = {p["name"]: p for p in built.json("products")}
    assert listed["toy_flux"]["state"] == "built"
    assert "toy_flux" in built("products")
    described = built.json("describe", "toy_flux")
    assert {c["name"]: c.get("unit") for c in described["columns"]}["flux"] == "Jy"
    assert "Flux times the factor" in built("describe", "toy_flux")
    assert "toy" in {p["name"] for p in built.json("plugins")}
    assert any("Toy et al. 2020" in text for text in built.json("cite", "toy_flux"))
    assert any("Stars et al. 2010" in text for text in built.json("cite", "toy_flux"))
    assert "flux" in json.dumps(json.loads(built("schema", "toy_flux")))
    assert "plugin toy" in built("doctor")


def test_describe_and_show_print_one_setting_a_line_and_only_those_that_were_changed(shell):
    text = (shell.folder / "vacframe.toml").read_text()
    (shell.folder / "vacframe.toml").write_text(text + "[plugins.toy]\nfactor = 3.0\n")
    shell("build", "--products", "toy_flux,toy_stars")
    for command in ("describe", "show"):
        lines = shell(command, "toy_flux").splitlines()
        assert lines[lines.index("settings that differ from the defaults") + 1 :][:2] == ["factor  3", ""]
        assert shell.json(command, "toy_flux")["name"] == "toy_flux"
    assert shell.json("describe", "toy_flux")["config"] == {"factor": 3.0, "fail": False, "note": ""}
    shown = shell("show", "toy_stars").splitlines()
    assert shown[shown.index("files read, with their digests") + 1].startswith(str(shell.folder / "stars.csv"))
    assert max(map(len, shown)) < 250


def test_check_says_where_values_come_from(built):
    rows = built.json("check", "--set", "plugins.toy.factor=3.0")
    origins = {r["key"]: r for r in rows if "key" in r}
    assert origins["plugins.toy.factor"]["origin"] == "--set"
    assert float(origins["plugins.toy.factor"]["value"]) == 3.0


def test_export_and_refusal_to_overwrite(built):
    built("export", "toy_flux", "--format", "csv", "--output", "out.csv")
    assert "3425888171296482304" in (built.folder / "out.csv").read_text()
    refused = built("export", "toy_flux", "--format", "csv", "--output", "out.csv", status=2)
    assert "out.csv" in refused
    built("export", "toy_flux", "--format", "csv", "--output", "out.csv", "--overwrite")


def test_verify_notices_flipped_bytes(shell):
    shell("build", "--products", "toy_flux")
    assert shell.json("verify") == []
    path = next(p for p in (shell.folder / "products/toy_flux/versions").rglob("*.parquet") if "Npix" in p.name)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(damaged)
    problems = shell.json("verify", status=1)
    assert any(p["product"] == "toy_flux" for p in problems)


def test_a_failed_task_has_status_1_and_a_capsule_that_runs_again(shell):
    shell("build", "--products", "toy_stars")
    report = shell.json("build", "--products", "toy_flux", "--set", "plugins.toy.fail=true", status=1)
    assert not report["ok"]
    failure = report["failures"][0]
    assert failure["product"] == "toy_flux"
    assert "out of order" in failure["error"]
    again = shell("rerun", failure["capsule"], status=1)
    assert "out of order" in again
    assert "Traceback" not in again
    assert {p["name"]: p["state"] for p in shell.json("products")}["toy_stars"] == "built"
    shell("build", "--products", "toy_flux")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["build", "--products", "toy_flx"], "toy_flux"),
        (["build", "--products", "toy_flux", "--set", "plugins.toy.factr=1"], "factor"),
        (["build", "--products", "toy_flux", "--provider", "toy_flux"], "product=plugin"),
        (["build", "--products", "toy_flux", "--config", "missing.toml"], "missing.toml"),
        (["build"], "--products"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_usage_errors_have_status_2_and_no_traceback(shell, arguments, expected):
    message = shell(*arguments, status=2)
    assert expected in message
    assert "Traceback" not in message


def test_traceback_on_request(shell):
    message = shell("build", "--products", "toy_flux", "--config", "missing.toml", "--traceback", status=1)
    assert "Traceback" in message


def test_a_broken_plugin_is_named_and_takes_nothing_down(shell):
    install(shell.site, "broken", "raise RuntimeError('my database is away')")
    shell("build", "--products", "toy_flux")
    assert "my database is away" in shell("doctor", status=1)


def test_manifest_is_written_and_checked(shell):
    assert "there is no manifest" in shell("manifest", "toy", "--check", status=1)
    shell("manifest", "toy")
    assert json.loads((shell.site / "vacframe_toy.vacframe.json").read_text())["plugin"] == "toy"
    shell("manifest", "toy", "--check")
    (shell.site / "vacframe_toy.py").write_text(TOY.replace("Fluxes times a factor.", "Scaled fluxes."))
    assert "toy_flux" in shell("manifest", "toy", "--check", status=1)


def test_help_and_listings_import_no_numerics(shell):
    shell("manifest", "toy")
    probe = """
import sys
from vacframe.cli import main
sys.argv[1:] = ARGUMENTS
try:
    main()
except SystemExit as end:
    assert not end.code
heavy = {"numpy", "scipy", "pyarrow", "astropy", "pandas", "healpy", "numba", "tensorflow", "keras", "rich"}
sys.exit(" ".join(sorted(heavy & set(sys.modules))) or 0)
"""
    for arguments in (["--help"], ["build", "--help"], ["products"], ["plugins"]):
        code = probe.replace("ARGUMENTS", repr(arguments))
        environment = os.environ | {"PYTHONPATH": shell.path}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=shell.folder, env=environment, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, ""), arguments
