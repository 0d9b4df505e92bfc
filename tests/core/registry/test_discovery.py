import sys
from types import SimpleNamespace

import pytest

from vacframe.core.contract.errors import ConfigError, PluginError
from vacframe.core.doctor import examine
from vacframe.core.planning.configuration import load_config, plugin_config
from vacframe.core.registry.discovery import Registry
from vacframe.core.registry.manifest import make_manifest, write_manifest

MODULE_HOOKS = """
import vacframe as vf
from vacframe import hookimpl

TABLE = vf.TableSchema(columns=(vf.column("x", "float64", "A length", unit="m"),))

@hookimpl
def provides():
    return [vf.Product(name="lengths", description="Lengths", kind="whole", table=TABLE)]

@hookimpl
def run(product, inputs):
    return {"x": [1.0]}
"""


def with_manifest(site, name):
    registry = Registry.discover()
    entry = registry.entries[name]
    write_manifest(make_manifest(registry.load_code(name), entry.module), site / f"fake_{name}.vacframe.json")
    del sys.modules[f"fake_{name}"]


def test_listing_reads_the_manifest_and_imports_nothing(site, install):
    install("good")
    with_manifest(site, "good")
    registry = Registry.discover()
    [(plugin, item)] = registry.products()["lengths"]
    assert (plugin, item.name, item.needs) == ("good", "lengths", ("stars",))
    entry = registry.entries["good"]
    assert (entry.module, entry.distribution, entry.version, entry.problem) == ("fake_good", "fake-good", "1.2", None)
    assert "fake_good" not in sys.modules


def test_load_and_call(site, install):
    install("good")
    with_manifest(site, "good")
    plugin = Registry.discover().load("good")
    config = plugin.config_model(scale=5)
    assert [p.name for p in plugin.provides(config)] == ["lengths"]
    assert [n.product for n in plugin.requires("lengths", config)] == ["stars", "dust"]
    assert plugin.run("lengths", {}, SimpleNamespace(config=config)) == {"x": [5]}
    assert plugin.module_of("lengths") == "fake_good"
    assert not plugin.mock
    with pytest.raises(ConfigError, match="'scale'"):
        plugin_config(load_config(None, ["plugins.good.scal=3"]), "good", plugin.config_model)


def test_without_manifest_it_is_imported_for_listings(site, install):
    install("good")
    registry = Registry.discover()
    assert "lengths" in registry.products()
    assert "fake_good" in sys.modules
    check = next(c for c in examine(registry) if c.name == "plugin good")
    assert (check.status, "vacframe manifest" in check.action) == ("warning", True)


def test_a_module_with_hooks_is_a_plugin(site, install):
    install("hooks", code=MODULE_HOOKS, target="fake_hooks")
    plugin = Registry.discover().load("hooks")
    assert [p.name for p in plugin.provides()] == ["lengths"]
    assert plugin.requires("lengths", plugin.config_model()) == []
    assert plugin.run("lengths", {}, None) == {"x": [1.0]}
    assert plugin.module_of("lengths") == "fake_hooks"


AS_OBJECT = "\nimport sys\nplugin = sys.modules[__name__]\n"
HEAD = "import vacframe as vf\nclass Hooks:\n"
PROVIDES = "    @vf.hookimpl\n    def provides(self): return ['a']\n"
RUN = "    @vf.hookimpl\n    def run(self): return None\n"
BROKEN = {
    "raises": ({"code": "import does_not_exist\n"}, ["ModuleNotFoundError", "does_not_exist", "line 1"]),
    "exits": ({"code": "raise SystemExit('bye')\n"}, ["SystemExit", "bye"]),
    "syntax": ({"code": "def broken(:\n"}, ["SyntaxError"]),
    "empty": ({"code": ""}, ["no attribute 'plugin'"]),
    "argument": (
        {"code": MODULE_HOOKS.replace("run(product, inputs)", "run(product, inputs, ctx)") + AS_OBJECT},
        ["wrong hook", "run(product, inputs, ctx)", "'ctx'"],
    ),
    "unknown": ({"code": MODULE_HOOKS.replace("def provides", "def provide") + AS_OBJECT}, ["wrong hook", "provide"]),
    "norun": ({"code": HEAD + PROVIDES + "plugin = Hooks()\n"}, ["no hook run()"]),
    "notproduct": ({"code": HEAD + PROVIDES + RUN + "plugin = Hooks()\n"}, ["'a'", "vacframe.Product"]),
    "twice": ({"code": MODULE_HOOKS.replace("TABLE)]", "TABLE)] * 2") + AS_OBJECT}, ["lengths", "twice"]),
    "provides": ({"edits": {"needs=[": "files=lambda config: 1 // 0, needs=["}}, ["provides()", "ZeroDivisionError"]),
    "renamed": ({"edits": {'"renamed"': '"another"'}}, ["'renamed'", "'another'"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_named_and_explained_and_the_others_work(site, install, name):
    options, words = BROKEN[name]
    install("good")
    install(name, **options)
    registry = Registry.discover()
    assert registry.load("good").name == "good"
    assert [plugin for plugin, _ in registry.products()["lengths"]] == ["good"]
    reason = registry.problems[name].reason
    assert "\n" not in reason
    for word in words:
        assert word in reason
    with pytest.raises(PluginError, match=f"plugin '{name}'"):
        registry.load(name)
    check = next(c for c in examine(registry) if c.name == f"plugin {name}")
    assert (check.status, check.detail) == ("problem", reason)
    assert check.action


def test_the_traceback_of_a_broken_import_is_kept(site, install):
    install("raises", **BROKEN["raises"][0])
    registry = Registry.discover()
    assert registry.problems == {}
    with pytest.raises(PluginError):
        registry.load("raises")
    assert "fake_raises.py" in registry.problems["raises"].traceback
    assert "ModuleNotFoundError" in registry.problems["raises"].traceback


def test_a_manifest_that_is_not_true_quarantines(site, install):
    path = install("good")
    with_manifest(site, "good")
    path.write_text(path.read_text().replace('kind="whole"', 'kind="whole", priority=3') + "\n# longer\n")
    registry = Registry.discover()
    assert "lengths" in registry.products()
    with pytest.raises(PluginError, match=r"run `vacframe manifest`.*priority: 0 in the manifest, 3"):
        registry.load("good")
    assert registry.products() == {} or "lengths" not in registry.products()
    assert next(c for c in examine(registry) if c.name == "plugin good").status == "problem"


def test_another_hook_api_is_refused_without_importing(site, install):
    install("good", code="raise RuntimeError('imported')\n")
    (site / "fake_good.vacframe.json").write_text('{"api": 99}')
    registry = Registry.discover()
    assert "hook API 99" in registry.problems["good"].reason
    with pytest.raises(PluginError, match="hook API 99"):
        registry.load("good")


def test_two_distributions_claim_one_name(site, install):
    install("good")
    install("rival", entry_points="[vacframe.plugins]\ngood = fake_rival:plugin\n")
    registry = Registry.discover()
    for word in ("fake-good", "fake-rival", "uninstall"):
        assert word in registry.problems["good"].reason
    assert "good" not in {name for providers in registry.products().values() for name, _ in providers}


def test_one_distribution_found_twice_is_one(site, install, tmp_path):
    install("good")
    install("good", folder=tmp_path / "second")
    registry = Registry.discover([tmp_path / "second"])
    assert "good" not in registry.problems
    assert registry.load("good").name == "good"


def test_unreadable_metadata_and_missing_modules(site, install):
    install("good")
    install("mangled", entry_points="[vacframe.plugins]\nno equals sign\n")
    install("gone").unlink()
    registry = Registry.discover()
    assert registry.load("good")
    assert "fake-mangled" in registry.problems
    assert "no module 'fake_gone'" in registry.problems["gone"].reason


def test_unknown_plugin_with_the_close_match(site, install):
    install("good")
    with pytest.raises(PluginError, match="Did you mean 'good'"):
        Registry.discover().load("godo")


def test_doctor_lists_python_libraries_and_devices(monkeypatch):
    monkeypatch.setenv("VACFRAME_DEVICES", '[{"id": 3, "name": "Fake", "memory_gb": 16}]')
    checks = {c.name: c for c in examine(Registry())}
    import numpy

    assert checks["python"].detail.startswith(sys.version.split()[0])
    assert checks["numpy"].detail == numpy.__version__
    assert checks["gpu 3"].detail == "Fake, 16 GB"
    assert checks["plugins"].status == "warning"
    monkeypatch.setenv("VACFRAME_DEVICES", "nonsense")
    assert {c.name: c for c in examine(Registry())}["devices"].status == "problem"
