import io
import json
import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from rich.console import Console
from scipy.stats import norm

from vacframe.cli.changed_settings import changed_settings
from vacframe.cli.comparison_tables import show_closure, show_scorecard
from vacframe.cli.json_values import jsonable, print_json, texts_of
from vacframe.cli.progress_bars import ProgressBars
from vacframe.cli.text_tables import cell, print_table
from vacframe.core.execution.outcome import ProductOutcome
from vacframe.report.closure import Closure, Sample
from vacframe.report.closure import lines as lines_of
from vacframe.report.compared_columns import Pair
from vacframe.report.scorecard import Score, Scorecard


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


def test_cells_are_one_line_and_only_arrays_are_cut(capsys):
    names = [f"product_{n}" for n in range(9)]
    print_table(("a", "b", "c"), [(names, list(range(9)), "two\nlines"), (None, [[1, 2], [3, 4]], "")])
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"{', '.join(names)}  0, 1, 2, 3, 4, 5, ... (9 values)  two lines",
        f"-{' ' * (len(', '.join(names)) - 1)}  (1, 2), (3, 4)                    -",
    ]
    assert cell(list(range(9)), most=None) == "0, 1, 2, 3, 4, 5, 6, 7, 8"


def score(name, measured, error=None, **further):
    made = {"published": 0.163, "tolerance": 0.0123, "unit": "mag", "verdict": "agrees", "compare": "equal",
            "place": "table 2", "how": "median", "product": "stars"}  # fmt: skip
    return Score(name=name, measured=measured, error=error, **(made | further))


def test_a_scorecard_says_what_was_published_and_measured_to_the_digits_that_count(capsys):
    scores = (
        score("a", 0.1701234, 0.00416),
        score("b", 0.1701234, compare="at_most"),
        score("c", 4821.0, published=5000.0, tolerance=0.0),
        score("d", None, verdict="not measured", reason="it was not built"),
    )
    show_scorecard(Scorecard("toy2020", "A toy", "Toy 2020", "", scores))
    lines = capsys.readouterr().out.splitlines()
    assert [" ".join(line.split()[1:-3]) for line in lines[2:6]] == [
        "0.163 ± 0.012 0.1701 ± 0.0042 mag agrees",
        "<= 0.163 ± 0.012 0.170 mag agrees",
        "5000 4821 mag agrees",
        "0.163 ± 0.012 - mag not measured",
    ]
    assert lines[-1] == "not measured: it was not built"


def test_a_closure_states_the_errors_of_bias_and_scatter(capsys):
    number = 10_001
    difference = norm.ppf((np.arange(number) + 0.5) / number) * 80 + 30  # bias 30, scatter 80
    rows = np.full(number, 80.0)
    sample = Sample(Pair("teff", "teff", "K"), 5000 + difference, np.full(number, 5000.0), rows, {}, {"missing": 3})
    show_closure(Closure("labels", "truth", "by obsid", lines_of(sample, bins=0), [sample]))
    _, heads, line = capsys.readouterr().out.splitlines()
    # 1.2533 and 1.1664 times 80 / sqrt(10001)
    assert " ".join(line.split()).startswith("teff teff 10001 30.0 ± 1.0 79.99 ± 0.93 ")
    assert line.endswith("missing 3")
    assert heads.split()[-2:] == ["left", "out"]


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


def test_a_long_message_stays_one_line_without_a_terminal():
    out = io.StringIO()
    ProgressBars(Console(file=out, width=40)).message("word " * 40 + "end")
    assert out.getvalue() == "word " * 40 + "end\n"


def test_progress_on_a_terminal_counts_tasks():
    out = io.StringIO()
    reporter = ProgressBars(Console(file=out, force_terminal=True, width=100))
    reporter.start(["stars"])
    reporter.tasks("stars", 2)
    reporter.task_done("stars", 1234, "run")
    reporter.task_done("stars", 1, "run")
    reporter.tasks("stars", 1)
    reporter.task_done("stars", 1, "run")
    reporter.finish(None)
    assert "3/3" in out.getvalue()
