"""A plan says what a build does: nothing after a build, and every action where something changed."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import engine_plugin
import needs_plugin
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vacframe.core.columns.pixel import Pixel
from vacframe.core.planning.task_key import sky_signature
from vacframe.workspace import Workspace

PRODUCTS = ("neighbours", "bright_neighbours", "crowding", "chosen", "partnered")
SOURCES = ("stars", "others")
PLAN = """
import json, sys
from vacframe import Workspace
plan = Workspace(sys.argv[1]).plan(*sys.argv[2:])
print(json.dumps([[t.product, t.part, t.action, t.reason.detail] for t in plan.tasks]))
"""


@pytest.fixture(scope="module", autouse=True)
def needy(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        engine_plugin.activate(patch, tmp_path_factory.mktemp("site"), "needy", needs_plugin.CODE)
        yield


def write_stars(path, seed, number):
    random = np.random.default_rng(seed)
    dec = np.degrees(np.arcsin(random.uniform(-1, 1, number)))
    table = {"star": np.arange(number), "ra": random.uniform(0, 360, number), "dec": dec}
    pq.write_table(pa.table(table | {"mag": random.uniform(0, 10, number)}), path)


def project(folder, number=150, settings=""):
    for seed, name in enumerate(SOURCES):
        write_stars(folder / f"{name}.parquet", seed, number)
    text = "".join(f'[sources.{n}]\nfiles = ["{n}.parquet"]\n' for n in SOURCES)
    (folder / "vacframe.toml").write_text(settings + text)
    return Workspace(folder / "ws", folder / "vacframe.toml")


def planned_elsewhere(folder):
    """Return the tasks that a new process plans."""
    command = [sys.executable, "-c", PLAN, str(folder / "ws"), *PRODUCTS]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def not_fresh(tasks):
    return [(t.product, t.part, t.action, t.reason) for t in tasks if t.action != "fresh"]


@pytest.mark.parametrize(
    ("setting", "workers"), [("pixel_order = 0", 1), ("pixel_order = 1", 2), ("partition_rows = 9", 2)]
)
def test_after_a_build_everything_is_fresh_in_a_new_process(tmp_path, setting, workers):
    ws = project(tmp_path, settings=f"{setting}\n")
    assert ws.build(*PRODUCTS, workers=workers).ok
    assert not_fresh(ws.plan(*PRODUCTS).tasks) == []
    tasks = planned_elsewhere(tmp_path)
    assert len(tasks) > 12 * len(PRODUCTS)
    assert [t for t in tasks if t[2] != "fresh"] == []


@settings(max_examples=6)
@given(rows=st.integers(2, 60), number=st.integers(1, 120))
def test_after_a_build_on_any_pixel_tree_everything_is_fresh(rows, number):
    with tempfile.TemporaryDirectory() as folder:
        ws = project(Path(folder), number, f"partition_rows = {rows}\n")
        assert ws.build(*PRODUCTS, workers=1).ok
        again = Workspace(Path(folder) / "ws")
        assert not_fresh(again.plan(*PRODUCTS).tasks) == []
        assert again.build(*PRODUCTS, workers=1).ran == 0


PIXELS = st.integers(0, 3).flatmap(lambda o: st.integers(0, 12 * 4**o - 1).map(lambda n: Pixel(o, n)))


@given(near=st.lists(PIXELS, unique=True, min_size=2, max_size=12), random=st.randoms(use_true_random=False))
def test_a_digest_of_neighbours_does_not_depend_on_the_order_of_the_listing(near, random):
    digests = {str(p): {"x": f"{p.order:016x}{p.number:016x}"} for p in near}
    shuffled = list(near)
    random.shuffle(shuffled)
    types = {"x": ["float64", ""]}
    assert sky_signature("0/1", near, digests, types) == sky_signature("0/1", shuffled, digests, types)
    other = digests | {str(near[0]): {"x": "1" * 32}}
    assert sky_signature("0/1", near, other, types) != sky_signature("0/1", near, digests, types)


def moved(table):
    table["ra"][5] = (table["ra"][5] + 40) % 360


def fainter(table):
    table["mag"][5] += 1


def without_one(table):
    for name in table:
        table[name] = np.delete(table[name], 5)


def turned_round(table):
    for name in table:
        table[name] = table[name][::-1].copy()


CHANGES = {
    "a star moved": ("stars", moved),
    "a star fainter": ("stars", fainter),
    "another fainter": ("others", fainter),
    "another gone": ("others", without_one),
    "the same rows in another order": ("stars", turned_round),
}


def change(folder, source, edit):
    path = folder / f"{source}.parquet"
    read = pq.read_table(path)
    table = {n: read[n].to_numpy().copy() for n in read.column_names}
    edit(table)
    pq.write_table(pa.table(table), path)


@settings(max_examples=8)
@given(changes=st.lists(st.sampled_from(sorted(CHANGES)), max_size=2, unique=True))
def test_plan_and_build_agree_on_every_action(changes):
    """What a plan calls fresh is not run, what it says runs is run; the rest runs unless its inputs are the same."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ws = project(folder, 80, "pixel_order = 0\n")
        assert ws.build(*PRODUCTS, workers=1).ok
        for what in changes:
            change(folder, *CHANGES[what])
        planned = {(t.product, t.part): t.action for t in Workspace(folder / "ws").plan(*PRODUCTS).tasks}
        report = Workspace(folder / "ws").build(*PRODUCTS, workers=1)
        assert report.ok
        done = {(t.product, t.part): t.action for t in report.tasks}
        wrong = {
            task: (action, done.get(task))
            for task, action in planned.items()
            if (action == "fresh" and done.get(task) != "fresh") or (action == "run" and done.get(task) == "fresh")
        }
        assert wrong == {}
        if not changes:
            assert set(planned.values()) == {"fresh"}
        assert not_fresh(Workspace(folder / "ws").plan(*PRODUCTS).tasks) == []


def test_settings_alone_keep_the_sources_that_the_workspace_remembers(tmp_path):
    ws = project(tmp_path, 30, "pixel_order = 0\n")
    assert ws.build("chosen", workers=1).ok
    changed = Workspace(tmp_path / "ws", overrides=["seed=7"])
    assert changed.loaded.project.seed == 7
    assert list(changed.loaded.project.sources) == list(SOURCES)
    assert changed.loaded.origins["seed"] == "--set"
    assert {t.reason.kind for t in changed.plan("chosen").tasks if t.product == "chosen"} == {"seed"}
