"""From names of products to a graph: order, providers, needs that are or are not there."""

import engine_plugin
import pytest

from vacframe.core.contract.errors import ConfigError, PlanError
from vacframe.core.contract.product import FILES
from vacframe.core.planning.configuration import load_config
from vacframe.core.planning.graph import Resolver
from vacframe.core.registry.discovery import Registry

SOURCES = '[sources.stars]\nfiles = ["stars.parquet"]\n'
TWIN = """
import vacframe as vf
plugin = vf.Plugin("NAME", mock=MOCK)
SCHEMA = vf.TableSchema(key="star", position=vf.Position(), columns=(
    vf.column("star", "int64", "Identifier", nullable=False), vf.column("ra", "float64", "RA", unit="deg"),
    vf.column("dec", "float64", "Dec", unit="deg"), vf.column("flux", "float64", "Flux")))
@plugin.product("fluxes", table=SCHEMA, needs=[vf.same("stars", ["mag"])], priority=PRIORITY)
def fluxes(inputs, context):
    '''Other fluxes.'''
@plugin.product("orphan", table=SCHEMA, needs=[vf.same("nowhere", ["x"], optional=OPTIONAL), vf.same("stars", ["mag"])])
def orphan(inputs, context):
    '''Needs what nothing provides.'''
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    engine_plugin.activate(monkeypatch, tmp_path / "site")
    engine_plugin.write_stars(tmp_path / "stars.parquet", 20)
    return tmp_path


def twin(place, monkeypatch, name="twin", mock=False, priority=0, optional=False):
    code = TWIN
    for word, value in {"NAME": name, "MOCK": mock, "PRIORITY": priority, "OPTIONAL": optional}.items():
        code = code.replace(word, str(value))
    engine_plugin.activate(monkeypatch, place / "site", name, code)


def resolver(place, text=SOURCES):
    (place / "vacframe.toml").write_text(text)
    return Resolver(load_config(place / "vacframe.toml"), Registry.discover())


def test_what_is_needed_comes_first(place):
    graph = resolver(place).graph(["lopsided"])
    assert list(graph) == ["stars", "fluxes", "summary", "lopsided"]
    assert graph["stars"].provider == FILES
    assert graph["stars"].ingested
    assert [p.name for p in graph["stars"].files] == ["stars.parquet"]
    assert graph["fluxes"].primary.product == "stars"
    assert graph["lopsided"].stored is None
    assert graph["fluxes"].stored.names[0] == "_healpix_29"


def test_a_circle_is_named(place):
    with pytest.raises(PlanError, match=r"in a circle: egg → hen → egg"):
        resolver(place).graph(["egg"])


def test_an_unknown_product_and_its_close_match(place):
    with pytest.raises(PlanError, match=r"nothing provides product 'fluxs'.*'fluxes'"):
        resolver(place).graph(["fluxs"])


def test_a_source_without_files_is_asked_for(place):
    with pytest.raises(PlanError, match=r"no data for source product 'stars' .needed by 'fluxes'.*\n\[sources.stars"):
        resolver(place, "").graph(["fluxes"])


def test_equal_providers_are_an_error_that_lists_them(place, monkeypatch):
    twin(place, monkeypatch)
    with pytest.raises(PlanError, match=r"'fluxes' is provided by synthetic, twin; choose one"):
        resolver(place).graph(["fluxes"])
    assert resolver(place, SOURCES + '[providers]\nfluxes = "twin"\n').graph(["fluxes"])["fluxes"].provider == "twin"
    with pytest.raises(PlanError, match="was named for 'fluxes' but does not provide it"):
        resolver(place, SOURCES + '[providers]\nfluxes = "other"\n').graph(["fluxes"])


def test_priority_decides_and_a_users_file_outranks_all(place, monkeypatch):
    twin(place, monkeypatch, priority=3)
    assert resolver(place).graph(["fluxes"])["fluxes"].provider == "twin"
    own = SOURCES + '[sources.fluxes]\nfiles = ["stars.parquet"]\ncolumns = { flux = "mag" }\n'
    assert resolver(place, own).graph(["fluxes"])["fluxes"].provider == FILES


def test_made_up_data_only_where_the_workspace_says_so(place, monkeypatch):
    twin(place, monkeypatch, name="mocker", mock=True, priority=3)
    assert resolver(place).graph(["fluxes"])["fluxes"].provider == "synthetic"
    with pytest.raises(PlanError, match='is not declared survey = "mock"'):
        resolver(place, SOURCES + '[providers]\nfluxes = "mocker"\n').graph(["fluxes"])
    with pytest.raises(ConfigError, match="takes no real stars"):
        resolver(place, 'survey = "mock"\n' + SOURCES).graph(["fluxes"])


def test_an_optional_need_that_nothing_provides_is_absent(place, monkeypatch):
    twin(place, monkeypatch, priority=1, optional=True)
    node = resolver(place).graph(["orphan"])["orphan"]
    assert [n.product for n in node.absent] == ["nowhere"]
    assert [n.product for n in node.needs] == ["stars"]


def test_a_need_that_nothing_provides_is_said(place, monkeypatch):
    twin(place, monkeypatch, priority=1)
    with pytest.raises(PlanError, match=r"nothing provides product 'nowhere' \(needed by 'orphan'\)"):
        resolver(place).graph(["orphan"])


def test_the_recipe_holds_what_determines_the_result(place):
    first = resolver(place).graph(["fluxes"])["fluxes"].recipe
    assert set(first) == {"provider", "version", "schema", "code", "config", "libraries", "seed"}
    seeded = resolver(place, "seed = 4\n" + SOURCES).graph(["fluxes"])["fluxes"].recipe
    assert {n for n in first if first[n] != seeded[n]} == {"seed"}
    factor = resolver(place, SOURCES + "[plugins.synthetic]\nfactor = 3.0\n").graph(["fluxes"])["fluxes"].recipe
    assert {n for n in first if first[n] != factor[n]} == {"config"}
    machine = resolver(place, SOURCES + "[build]\nchunk_mb = 1\n").graph(["fluxes"])["fluxes"].recipe
    assert machine == first
