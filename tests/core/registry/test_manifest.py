import json

import pytest

from vacframe.core.contract.errors import PluginError
from vacframe.core.contract.hooks import HOOK_API_VERSION
from vacframe.core.registry.discovery import Registry
from vacframe.core.registry.manifest import differences, make_manifest, manifest_path, read_manifest, write_manifest


@pytest.fixture
def loaded(install):
    install("good")
    return Registry.discover().load_code("good")


def test_round_trip_is_true_and_stable(loaded, tmp_path):
    manifest = make_manifest(loaded, "fake_good")
    assert manifest.products[0].needs == ("stars",)
    assert manifest.products[0].optional_needs == ("dust",)
    write_manifest(manifest, tmp_path / "a.json")
    again = read_manifest(tmp_path / "a.json")
    assert again == manifest
    assert differences(again, loaded) == []
    write_manifest(again, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"lengths",', '"widths",', "product 'widths' is in the code but not in the manifest"),
        ('kind="whole"', 'kind="whole", priority=2', "product 'lengths': priority: 0 in the manifest, 2"),
        ('vf.all_rows("stars", ["y"]), ', "", "needs"),
        ('citation="Nobody 2020"', "mock=True", "mock: false in the manifest, true"),
    ],
)
def test_differences_are_named(install, loaded, old, new, said):
    manifest = make_manifest(loaded, "fake_good")
    install("good", edits={old: new})
    changed = differences(manifest, Registry.discover().load_code("good"))
    assert any(said in line for line in changed)


def test_vocabulary_is_checked_when_made(install):
    install("odd", edits={'"A length", unit="m"': '"", unit="parsecs_per_fortnight"', "phys.size": "phys.sighs"})
    with pytest.raises(PluginError) as caught:
        make_manifest(Registry.discover().load_code("odd"), "fake_odd")
    for word in ("'lengths'", "column 'x'", "parsecs_per_fortnight", "phys.sighs", "no description"):
        assert word in str(caught.value)


def test_defaults_are_required(install):
    install("bare", edits={"scale: float = 2.0": "scale: float"})
    with pytest.raises(PluginError, match="no valid default of scale"):
        make_manifest(Registry.discover().load_code("bare"), "fake_bare")


def test_paths_are_found_without_importing(site):
    (site / "fake_package").mkdir()
    (site / "fake_package" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (site / "fake_single.py").write_text("raise RuntimeError('imported')\n")
    assert manifest_path("fake_package.plugin") == site / "fake_package" / "vacframe.json"
    assert manifest_path("fake_single") == site / "fake_single.vacframe.json"
    with pytest.raises(PluginError, match="fake_absent"):
        manifest_path("fake_absent")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["cannot be read", "vacframe manifest"]),
        (json.dumps({"api": HOOK_API_VERSION}), ["cannot be read", "vacframe manifest"]),
        (json.dumps({"api": HOOK_API_VERSION + 1}), [f"hook API {HOOK_API_VERSION + 1}", "upgrade vacframe"]),
        (json.dumps({"api": 0}), ["hook API 0", "upgrade the plugin"]),
    ],
)
def test_bad_files(tmp_path, text, words):
    path = tmp_path / "vacframe.json"
    path.write_text(text)
    with pytest.raises(PluginError) as caught:
        read_manifest(path)
    for word in [str(path), *words]:
        assert word in str(caught.value)
