"""What a workspace says of itself: assumed units, rows, and the choices that it keeps."""

import sys

import engine_plugin
import pytest

from vacframe.workspace import Workspace

CONFIG = '[sources.stars]\nfiles = ["stars.csv"]\ncolumns = { mag = "m" }\n'
STARS = "star,ra,dec,m\n1,10.0,20.0,5.5\n2,11.0,20.0,6.5\n3,200.0,95.0,6.5\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    sys.modules.pop("vacframe_rival", None)
    engine_plugin.activate(monkeypatch, tmp_path / "site")
    (tmp_path / "stars.csv").write_text(STARS)
    (tmp_path / "vacframe.toml").write_text(CONFIG)
    return tmp_path


def space(project, *overrides, **options):
    return Workspace(project / "ws", project / "vacframe.toml", overrides, **options)


def test_check_names_the_units_that_no_file_gives(project):
    found = {i["key"]: (i["value"], i["origin"]) for i in space(project).check() if i["origin"].startswith("schema")}
    said = "schema: stars.csv gives no unit"
    expected = {"ra": ("deg", said), "dec": ("deg", said), "mag": ("mag", said)}
    assert found == {f"sources.stars.units.{n}": v for n, v in expected.items()}
    given = space(project, 'sources.stars.units={ra = "deg", dec = "deg", mag = "mag"}').check()
    assert not [i for i in given if i["origin"].startswith("schema")]


def test_products_gives_the_rows_of_what_is_built(project):
    ws = space(project)
    assert {p["name"]: p["rows"] for p in ws.products()}["stars"] is None
    assert ws.build("lopsided", workers=1).ok
    rows = {p["name"]: (p["state"], p["rows"]) for p in ws.products()}
    assert rows["stars"] == rows["fluxes"] == ("built", 2)
    assert rows["summary"] == ("built", 1)
    assert rows["lopsided"] == ("built", None)
    assert rows["noisy"] == ("-", None)


def test_a_chosen_provider_is_kept(project):
    code = engine_plugin.CODE.replace('vf.Plugin("synthetic"', 'vf.Plugin("rival"')
    engine_plugin.install(project / "site", "rival", code)
    assert space(project, providers={"fluxes": "rival"}).build("fluxes", workers=1).ok
    later = Workspace(project / "ws")
    assert {p["provider"] for p in later.plan("fluxes").products} == {"files", "rival"}
    assert later.describe("fluxes")["provider"] == "rival"
    origins = {i["key"]: (i["value"], i["origin"]) for i in later.check()}
    assert origins["providers.fluxes"] == ("rival", "--provider")
