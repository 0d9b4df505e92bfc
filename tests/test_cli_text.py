import io
import json
import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console

from vacframe.cli.changed_settings import changed_settings
from vacframe.cli.json_values import jsonable, print_json, texts_of
from vacframe.cli.progress_bars import ProgressBars
from vacframe.cli.text_tables import print_table
from vacframe.core.planning.plan import ProductOutcome


class Colour(StrEnum):
    red = "red"


@dataclass
class Point:
    x: int
    where: Path


def test_json_keeps_every_digit(capsys):
    gaia = 3_425_888_171_296_482_304
    print_json({"id": gaia, "count": 12, "nan": math.nan, "colour": Colour.red, "point": Point(2**53, Path("a/b"))})
    read = json.loads(capsys.readouterr().out)
    assert read["id"] == str(gaia)
    assert read["count"] == 12
    assert read["nan"] is None
    assert read["colour"] == "red"
    assert read["point"] == {"x": str(2**53), "where": "a/b"}


def test_numpy_scalars_and_sets():
    import numpy as np

    assert jsonable({"a": np.float32(0.5), "b": np.int64(2**60), "c": {"y", "x"}}) == {
        "a": 0.5,
        "b": str(2**60),
        "c": ["x", "y"],
    }


def test_wide_integer_columns_are_text_whatever_their_value():
    rows = [{"id": 5, "n": 5}, {"id": None, "n": None}]
    assert texts_of(rows, {"id"}) == [{"id": "5", "n": 5}, {"id": None, "n": None}]


def test_settings_are_those_that_differ_lists_of_tables_by_number():
    defaults = {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"n": 1}, {"n": 2}], "f": [1, 2]}
    assert changed_settings(defaults, defaults) == {}
    changed = {"a": 1, "b": {"c": 2, "d": 4}, "e": [{"n": 1}], "f": [1], "g": {}}
    assert changed_settings(changed, defaults) == {"b.d": 4, "e.0.n": 1, "f": [1], "g": {}}


def test_columns_are_aligned_numbers_to_the_right(capsys):
    print_table(("name", "rows", "text"), [("a", 5, "x"), ("longer", 1200, None)])
    assert capsys.readouterr().out.splitlines() == [
        "name    rows  text",
        "a          5  x",
        "longer  1200  -",
    ]


def test_an_empty_table_says_so(capsys):
    print_table(("name",), [], empty="no plugin is installed")
    assert capsys.readouterr().out == "no plugin is installed\n"


def test_progress_without_a_terminal_is_one_line_per_product():
    out = io.StringIO()
    reporter = ProgressBars(Console(file=out))
    reporter.start({"stars": 0, "labels": 0, "old": 0})
    reporter.tasks("stars", 1)  # the scan
    reporter.task_done("stars", 0, "run")
    reporter.tasks("stars", 2)
    reporter.task_done("stars", 5, "run")
    reporter.task_done("stars", 0, "adopt")
    reporter.product_done(ProductOutcome("stars", "files", "source", ran=1, adopted=1, rows=12))
    reporter.message("note [not markup]")
    reporter.tasks("labels", 1)
    reporter.task_done("labels", 1000, "run")
    reporter.product_done(ProductOutcome("labels", "files", "source", ran=1, fresh=1, rows=3000))
    reporter.product_done(ProductOutcome("grid", "toy", "model", ran=1))
    reporter.product_done(ProductOutcome("old", "files", "source", fresh=1, rows=3000))
    reporter.finish(None)
    assert out.getvalue().splitlines() == [
        "stars: 2 tasks done, 12 rows",
        "note [not markup]",
        "labels: 1 task done, 3,000 rows",
        "grid: 1 task done",
    ]


def test_progress_on_a_terminal_counts_tasks():
    out = io.StringIO()
    reporter = ProgressBars(Console(file=out, force_terminal=True, width=100))
    reporter.start({"stars": 2})
    reporter.task_done("stars", 1234, "run")
    reporter.task_done("stars", 1, "run")
    reporter.tasks("stars", 1)
    reporter.task_done("stars", 1, "run")
    reporter.finish(None)
    assert "3/3" in out.getvalue()
