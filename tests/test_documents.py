"""What the documents name exists."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"`(vacframe(?:\.\w+)+)`")


def resolve(name):
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            found = getattr(found, attribute)
        return found
    raise ModuleNotFoundError(name)


def named(document):
    return sorted(set(NAME.findall((ROOT / document).read_text(encoding="utf-8"))))


@pytest.mark.parametrize("name", named("docs/architecture.md"))
def test_every_function_of_the_walk_exists(name):
    if name.startswith("vacframe.ml"):
        pytest.importorskip("keras")
    assert resolve(name) is not None


def test_a_name_that_is_gone_is_noticed():
    with pytest.raises((ModuleNotFoundError, AttributeError)):
        resolve("vacframe.core.store.version_folder.fill_it")
    with pytest.raises((ModuleNotFoundError, AttributeError)):
        resolve("vacframe.core.stores.version_folder.fill")


def test_the_rooms_of_the_document_are_those_on_disk():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    core = {p.name for p in (ROOT / "src/vacframe/core").iterdir() if (p / "__init__.py").exists()}
    assert {f"`core/{name}`" for name in core} <= set(re.findall(r"`[\w/]+`", text))
