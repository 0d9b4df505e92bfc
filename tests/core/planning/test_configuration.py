import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from vacframe.core.contract.errors import ConfigError, PluginError
from vacframe.core.contract.settings import scientific
from vacframe.core.planning.configuration import COMMAND_LINE, dump, load_config, plugin_config, restore

TEXT = """
seed = 7
[sources.lamost_spectra]
files = ["spectra/*.fits.gz"]
[sources.reference_labels]
files = "labels.csv"
columns = { obsid = "obsid", teff = "teff_lasp" }
derive = { ebv = "ak_targ / 0.306" }
where = "snr_g > 20"
[[plugins.nn_labels.training_sets]]
name = "lasp"
label_columns = ["teff", "logg"]
[plugins.other]
depth = 2
"""


class TrainingSet(BaseModel):
    name: str
    label_columns: list[str] = []
    test_fraction: float = Field(0.3, ge=0, lt=1)


class Network(BaseModel):
    width: int = 64
    threads: int = Field(2, json_schema_extra={"machine": True})
    tags: frozenset[str] = frozenset({"a", "b", "c"})


class Labels(BaseModel):
    training_sets: list[TrainingSet] = []
    network: Network = Network()
    limits: dict[str, Network] = {}
    cache_mb: int = Field(10, json_schema_extra={"machine": True})
    mode: int | Network = 1


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text(TEXT)
    return path


def test_values_and_origins(file):
    loaded = load_config(file, ["seed=9", "build.workers=2", "survey=mock"])
    assert (loaded.project.seed, loaded.project.build.workers, loaded.project.survey) == (9, 2, "mock")
    assert loaded.project.sources["reference_labels"].files == ["labels.csv"]
    assert loaded.base == file.parent
    expected = {
        "seed": COMMAND_LINE,
        "build.workers": COMMAND_LINE,
        "build.chunk_mb": "default",
        "sources.lamost_spectra.files": "my.toml",
        "sources.reference_labels.columns.teff": "my.toml",
        "sources.reference_labels.reader": "default",
        "plugins.nn_labels.training_sets": "my.toml",
    }
    assert {k: loaded.origins[k] for k in expected} == expected


def test_no_file():
    loaded = load_config(None)
    assert loaded.project.partition_rows == 200_000
    assert set(loaded.origins.values()) == {"default"}
    assert loaded.base == Path.cwd()


@pytest.mark.parametrize(
    ("override", "read", "expected"),
    [
        ("sources.gaia.files=a b.fits", lambda p: p.sources["gaia"].files, ["a b.fits"]),
        ('sources.gaia.files=["a.fits", "b.fits"]', lambda p: p.sources["gaia"].files, ["a.fits", "b.fits"]),
        ("sources.reference_labels.where=snr_g > 5", lambda p: p.sources["reference_labels"].where, "snr_g > 5"),
        ("plugins.nn_labels.training_sets.0.name=x", lambda p: p.plugins["nn_labels"]["training_sets"][0]["name"], "x"),
        ("plugins.other.day=2020-01-01", lambda p: p.plugins["other"]["day"], "2020-01-01"),
        ("plugins.other.depth=1e-3", lambda p: p.plugins["other"]["depth"], 1e-3),
        ("plugins.other={ depth = 5 }", lambda p: p.plugins["other"], {"depth": 5}),
        ("plugins.other.flag=true", lambda p: p.plugins["other"]["flag"], True),
    ],
)
def test_overrides(file, override, read, expected):
    assert read(load_config(file, [override]).project) == expected


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("seeed=3", ["--set: seeed", "Did you mean 'seed'?", "partition_rows"]),
        ("sources.lamost_spectra.colums={ a = 'b' }", ["sources.lamost_spectra.colums", "'columns'", "null_values"]),
        ("build.worker=3", ["build.worker", "'workers'"]),
        ("build.workers=0", ["--set: build.workers", "found 0", "greater than or equal to 1"]),
        ("seed=high", ["seed", "found 'high'", "expected a valid integer"]),
        ("survey=real", ["survey", "'mock'"]),
        ("sources.new.where=a > 1", ["sources.new.files", "required"]),
        ("sources.lamost_spectra.where=a >", ["sources.lamost_spectra.where", "'a >'", "character"]),
        ("sources.lamost_spectra.derive.x=f(a)", ["sources.lamost_spectra.derive.x", "unknown function"]),
        ("seed", ["key=value"]),
        ("a b=3", ["key=value"]),
        ("seed.x=3", ["seed is no table"]),
        ("plugins.nn_labels.training_sets.4.name=x", ["list of 1"]),
    ],
)
def test_wrong_values_name_the_place(file, override, words):
    with pytest.raises(ConfigError) as caught:
        load_config(file, [override])
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_typo_in_the_file_names_the_file(file):
    file.write_text(TEXT.replace("files = [", "fils = ["))
    with pytest.raises(ConfigError, match=r"my\.toml: sources\.lamost_spectra\.fils: .*'files'"):
        load_config(file)


@pytest.mark.parametrize(
    ("text", "words"), [("seed = 1\nx = = 2", ["not valid TOML", "line 2"]), (None, ["cannot be read"])]
)
def test_unreadable_file(tmp_path, text, words):
    path = tmp_path / "bad.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(path) in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_plugin_config_with_origins(file):
    loaded = load_config(file, ["plugins.nn_labels.network.width=128"])
    config = plugin_config(loaded, "nn_labels", Labels)
    assert config.training_sets[0].test_fraction == 0.3
    assert config.network.width == 128
    assert loaded.origins["plugins.nn_labels.network.width"] == COMMAND_LINE
    assert loaded.origins["plugins.nn_labels.network.threads"] == "plugin default"
    assert loaded.origins["plugins.nn_labels.training_sets"] == "my.toml"
    assert plugin_config(loaded, "absent", Labels) == Labels()


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("plugins.nn_labels.networks.width=3", ["plugins.nn_labels.networks", "'network'", "training_sets"]),
        ("plugins.nn_labels.network.widht=3", ["plugins.nn_labels.network.widht", "'width'", "threads"]),
        ("plugins.nn_labels.limits.a.widht=3", ["plugins.nn_labels.limits.a.widht", "'width'"]),
        ("plugins.nn_labels.mode.widht=3", ["plugins.nn_labels.mode.widht", "'width'"]),
        ("plugins.nn_labels.training_sets.0.test_fracton=3", ["training_sets.0.test_fracton", "'test_fraction'"]),
        ("plugins.nn_labels.training_sets.0.test_fraction=3", ["training_sets.0.test_fraction", "less than 1"]),
        ("plugins.nn_labels.cache_mb=lots", ["--set: plugins.nn_labels.cache_mb", "'lots'", "integer"]),
    ],
)
def test_plugin_typos_although_the_model_would_ignore_them(file, override, words):
    loaded = load_config(file, [override])
    with pytest.raises(ConfigError) as caught:
        plugin_config(loaded, "nn_labels", Labels)
    for word in words:
        assert word in str(caught.value)


def test_scientific_leaves_machine_settings_out():
    config = Labels(limits={"a": Network()})
    network = {"width": 64, "tags": ["a", "b", "c"]}
    everything = {"training_sets": [], "network": network, "limits": {"a": network}, "mode": 1}
    assert scientific(config) == everything
    assert scientific(config, ("network",)) == {"network": network}
    with pytest.raises(PluginError, match=r"networks.*'network'"):
        scientific(config, ("networks",))


def test_dump_and_restore(file, tmp_path, monkeypatch):
    loaded = load_config(file, ["seed=9"])
    dump(loaded, tmp_path / "config.json")
    monkeypatch.chdir("/")
    again = restore(tmp_path / "config.json")
    assert again == loaded
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ConfigError, match="--config"):
        restore(tmp_path / "config.json")


def test_import_needs_no_numerics():
    code = "import sys, vacframe.core.planning.configuration; print({'numpy', 'pyarrow', 'astropy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
