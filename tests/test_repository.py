"""Rules that the whole repository keeps."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE_MAY_NOT_IMPORT = ("vacframe.astro", "vacframe.ml")
FRAMEWORKS = {"tensorflow", "jax", "torch"}
LONGEST_MODULE = 450


def tracked():
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"not a git checkout: {error}")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts():
    for path in tracked():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def sources():
    packages = [ROOT / "src", *sorted((ROOT / "plugins").glob("*/src"))]
    return [path for package in packages for path in sorted(package.rglob("*.py"))]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name, package):
    return name == package or name.startswith(f"{package}.")


def test_no_machine_paths_or_package_indexes():
    words = ("index url", "find links", "trusted host", "uv index", "pip index")
    options = "|".join(w.replace(" ", "[-_]") for w in words)
    addresses = re.compile(rf"--({options})|({options})\s*=|https?://[^\s\"']*/simple\b|file:///[a-z]", re.IGNORECASE)
    folders = re.compile(r"(?<![\w.~*<>])/(work|root|home|Users)/\w|(?<![\w.])/tmp/\w")
    found = []
    for path, text in texts():
        if path == Path(__file__):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if addresses.search(line) or folders.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert found == []


def test_modules_are_short():
    lengths = {p.relative_to(ROOT).as_posix(): len(p.read_text(encoding="utf-8").splitlines()) for p in sources()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_core_knows_no_physics():
    core = [p for p in sources() if "vacframe/core" in p.as_posix()]
    assert len(core) > 20
    found = {
        (path.name, name)
        for path in core
        for name in imported(path)
        if any(within(name, p) for p in CORE_MAY_NOT_IMPORT)
    }
    assert found == set()


def test_one_module_imports_the_neural_network_frameworks():
    users = {p for p in sources() if any(name.partition(".")[0] in FRAMEWORKS for name in imported(p))}
    assert users <= {ROOT / "src/vacframe/ml/backend.py"}


def test_plugins_import_no_other_plugin_and_core_imports_none():
    packages = {path.name: path for path in (ROOT / "plugins").glob("*/src/vacframe_*")}
    found = set()
    for path in sources():
        own = next((name for name, folder in packages.items() if folder in path.parents), "vacframe")
        others = {name.partition(".")[0] for name in imported(path)} & (set(packages) - {own})
        found |= {(str(path.relative_to(ROOT)), other) for other in others}
    assert found == set()


@pytest.mark.parametrize("document", ["README.md"])
def test_commands_in_the_documents_exist(document):
    import typer

    from vacframe.cli import app

    commands = typer.main.get_command(app).commands
    text = (ROOT / document).read_text(encoding="utf-8")
    used = re.findall(r"^ *vacframe ([a-z][a-z-]+)((?: +\S+)*)$", "\n".join(blocks(text)), re.MULTILINE)
    assert len(used) > 5
    for name, rest in used:
        assert name in commands, f"vacframe {name}"
        options = {option for parameter in commands[name].params for option in parameter.opts}
        given = set(re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", rest))
        assert given <= options, f"vacframe {name}: {given - options}"


def blocks(text):
    """Code of a document: indented lines, fenced blocks, and spans between backquotes."""
    yield from re.findall(r"^ {4}(.*)$", text, re.MULTILINE)
    yield from re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    yield from re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)


def test_make_targets_in_the_documents_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = set(re.findall(r"\bmake ([a-z-]+)", "\n".join(blocks((ROOT / "README.md").read_text()))))
    assert used
    assert used <= targets


def test_every_plugin_has_a_manifest_and_a_readme():
    for folder in (ROOT / "plugins").iterdir():
        if not (folder / "pyproject.toml").is_file():
            continue
        notes = tomllib.loads((folder / "pyproject.toml").read_text())
        assert (folder / notes["project"]["readme"]).is_file()
        (package,) = notes["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        assert (folder / package / "vacframe.json").is_file(), f"run `vacframe manifest` for {folder.name}"


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.toml")), ids=lambda p: p.name)
def test_examples_are_valid_configurations(example):
    from vacframe.core.planning.configuration import load_config, plugin_config
    from vacframe.core.registry.discovery import Registry

    loaded = load_config(example)
    registry = Registry.discover()
    for name in loaded.project.plugins:
        if name not in registry.entries:
            pytest.skip(f"plugin {name} is not installed")
        plugin_config(loaded, name, registry.load(name).config_model)
