"""Maps as tables, HEALPix FITS and HATS; published numbers beside measured ones."""

import importlib
import json
import math
import sys
from functools import lru_cache

import engine_plugin
import healpy
import numpy as np
import paper_plugin
import pytest

import vacframe as vf
from vacframe.cli import main
from vacframe.core.contract.errors import PlanError, PluginError
from vacframe.core.registry.discovery import Registry
from vacframe.report.scorecard import MADE_UP, incomparable

CONFIG = '[sources.stars]\nfiles = ["stars.parquet"]\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = paper_plugin.install_mapper(tmp_path / "site")
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    sys.modules.pop("vacframe_mapper", None)
    monkeypatch.setattr("vacframe.core.tasks.worker.registry", lru_cache(Registry.discover))
    engine_plugin.write_stars(tmp_path / "stars.parquet", 310)
    (tmp_path / "vacframe.toml").write_text(CONFIG)
    return tmp_path


def space(project, *overrides, **options):
    return vf.Workspace(project / "ws", project / "vacframe.toml", overrides, **options)


@pytest.mark.parametrize(("frame", "card"), [("icrs", "C"), ("galactic", "G")])
def test_healpy_reads_a_map(project, frame, card):
    ws = space(project, f"plugins.mapper.frame={frame}")
    assert ws.build("depth", workers=1).ok
    table = ws.read("depth")
    path = ws.version("depth").root / "depth.fits"
    values, header = healpy.read_map(path, field=0, nest=None, h=True, dtype=float)
    header = dict(header)
    assert header["TTYPE1"].strip() == "ra"
    assert (header["COORDSYS"], header["ORDERING"], header["NSIDE"]) == (card, "NESTED", 4)
    number = healpy.read_map(path, field=2, nest=None)
    expected = np.full(192, healpy.UNSEEN)
    expected[table["hindex"].to_numpy()] = table["number"].to_numpy()
    np.testing.assert_array_equal(number, expected)
    assert header["TUNIT4"].strip() == "mag"
    assert header["TFIELDS"] == 4  # the text column has no place in a map
    assert len(values) == 192


def test_a_map_is_a_hats_map_too(project, tmp_path):
    import hats

    ws = space(project)
    ws.build("depth", workers=1)
    (written,) = {p.parent for p in ws.export("depth", "hats", tmp_path / "out") if p.name == "hats.properties"} or {
        tmp_path / "out"
    }
    catalog = hats.read_hats(written)
    assert str(catalog.catalog_info.catalog_type) in ("map", "CatalogType.MAP")
    assert catalog.catalog_info.total_rows == ws.read("depth").num_rows


def test_a_map_must_state_its_grid():
    table = vf.TableSchema(key="pix", columns=(vf.column("pix", "int64", "Pixel", nullable=False),))
    with pytest.raises(ValueError, match="states its grid"):
        vf.Product(name="m", description="m", kind="map", table=table)
    with pytest.raises(ValueError, match="pixel column"):
        vf.Product(name="m", description="m", kind="map", table=table, grid=vf.MapGrid(order=1, pixel="other"))


def test_a_paper_is_measured_and_judged(project):
    card = space(project).paper("somebody1999", workers=1)
    found = {s.name: (s.verdict, s.measured) for s in card.scores}
    assert found["total"] == ("agrees", 310.0)
    assert found["faint"] == ("differs", 0.0)
    assert found["largest"] == ("agrees", 310.0)
    assert found["smallest"] == ("differs", 310.0)
    assert found["undefined"] == ("not measured", None)
    assert found["elsewhere"] == ("not measured", None)
    reasons = {s.name: s.reason for s in card.scores}
    assert "nowhere" in reasons["elsewhere"]
    assert "do not allow" in reasons["undefined"]
    assert (found["scaled"], reasons["scaled"]) == (("not comparable", 310.0), "the factor is not the paper's")
    one = next(s for s in card.scores if s.name == "one")
    assert math.isfinite(one.measured)
    assert math.isfinite(one.error)
    assert {s.error for s in card.scores if s.name != "one"} == {None}
    assert card.figures == ()


def test_under_the_papers_settings_it_is_judged(project):
    found = {s.name: s.verdict for s in space(project, paper="somebody1999").paper("somebody1999", workers=1).scores}
    assert found["scaled"] == "agrees"


def test_numbers_of_real_stars_are_not_judged_on_made_up_ones():
    numbers = (
        vf.Published("a", 1, 1, "x", ("y",), float, "how", of_real_stars=True),
        vf.Published("b", 1, 1, "x", ("y",), float, "how"),
        vf.Published("c", 1, 1, "x", ("y",), float, "how", caveat=lambda config: config),
    )
    assert list(incomparable(numbers, "mock", "")) == ["a"]
    assert incomparable(numbers, "", "other stars") == {"c": "other stars"}
    both = vf.Published("d", 1, 1, "x", ("y",), float, "how", of_real_stars=True, caveat=lambda config: config)
    assert incomparable([both], "mock", "other stars") == {"d": f"{MADE_UP}; other stars"}


def test_figures_are_drawn_where_their_tables_are(project):
    pytest.importorskip("matplotlib")
    card = space(project).paper("somebody1999", workers=1, plots=project / "figures")
    drawn, lost = card.figures
    assert drawn.path == project / "figures" / "somebody1999-bars.png"
    assert drawn.path.read_bytes().startswith(b"\x89PNG")
    assert (lost.path, "nowhere" in lost.reason) == (None, True)


def test_settings_of_a_paper_lie_below_the_users_own(project):
    ws = space(project, "plugins.mapper.factor=5.0", paper="somebody1999")
    values = {c["key"]: (c["value"], c["origin"]) for c in ws.check()}
    assert values["plugins.mapper.order"] == (1, "--paper somebody1999")
    assert values["plugins.mapper.factor"] == (5.0, "--set")
    assert values["plugins.mapper.frame"] == ("icrs", "plugin default")
    ws.build("depth", workers=1)
    assert ws.read("depth").num_rows <= 48


def test_the_command_prints_the_scorecard(project, monkeypatch, capsys):
    arguments = ["--config", str(project / "vacframe.toml"), "--workspace", str(project / "ws"), "--json"]
    monkeypatch.setattr(sys, "argv", ["vacframe", "paper", "somebody1999", "--workers", "1", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    card = json.loads(capsys.readouterr().out)
    assert card["paper"] == "somebody1999"
    assert [s["verdict"] for s in card["scores"]].count("agrees") == 3
    monkeypatch.setattr(sys, "argv", ["vacframe", "paper", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert {"name": "somebody1999", "plugin": "mapper", "title": "A map"} in json.loads(capsys.readouterr().out)


def test_a_condition_on_a_column_that_is_not_there_is_said_when_planning(project):
    path = project / "site" / "vacframe_mapper.py"
    path.write_text(path.read_text().replace('"mag"])],\n    table', '"mag"], where="year > 1986")],\n    table'))
    with pytest.raises(PlanError, match=r"depth needs column 'year' of stars"):
        space(project).plan("depth")
    reasons = {s.name: s.reason for s in space(project).paper("somebody1999", workers=1).scores}
    assert "'year'" in reasons["total"]


def test_an_unknown_paper_names_the_close_match(project):
    with pytest.raises(PluginError, match="somebody1999"):
        space(project).paper("somebody199")


def test_a_number_is_declared_once():
    plugin = vf.Plugin("p")
    number = vf.Published("n", 1, 1, "x", ("y",), float, "how")
    with pytest.raises(PluginError, match="'n'"):
        plugin.paper(vf.Paper("a", "t", "c", (number, number)))
    plugin.paper(vf.Paper("a", "t", "c", (number,)))
    with pytest.raises(PluginError, match="twice"):
        plugin.paper(vf.Paper("a", "t", "c", ()))
