"""Tables of comparisons: a catalogue with the truth, measured numbers with those of a paper."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from vacframe.cli.numbers import NumberText, significant, to_error, with_error
from vacframe.cli.text_tables import print_table, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from vacframe.report.closure import Closure
    from vacframe.report.scorecard import Score, Scorecard

_NUMBERS = (
    "number", "bias", "scatter", "p16", "p84", "unit", "outliers", "pull_bias", "pull_scatter", "within_1", "within_2",
)  # fmt: skip
_AGREEMENT = ("number", "stated", "right", "completeness", "purity")
_WITH_ERROR = ("bias", "scatter")
"""Statistics that are shown with their errors; the others to the place where theirs end."""
_SIGNS = {"equal": "", "at_most": "<= ", "at_least": ">= "}


def show_closure(closure: Closure, written: Sequence[Path] = ()) -> None:
    """Print what a closure found, as a table of all rows and one for each quantity, and the files written of it."""
    print(f"{closure.product} against {closure.truth}, rows joined {closure.via}")
    exact = {s.pair.column for s in closure.samples if s.pair.exact}
    _print_lines(closure.overall(), exact, ("column", "truth"), ("left_out",))
    for name in dict.fromkeys(r.against for r in closure.rows if r.against):
        title(f"against {name if name != 'truth' else 'the true value'}")
        _print_lines(closure.grouped(name), exact, ("column", "group"))
    if written:
        title("written")
        print("\n".join(str(path) for path in written))


def _print_lines(
    lines: Iterable[Mapping[str, Any]], exact: set[str], first: tuple[str, ...], last: tuple[str, ...] = ()
) -> None:
    """Print lines of a closure: a table of the numbers, and one of what is right or wrong (the columns `exact`)."""
    given = list(lines)
    for statistics, chosen in ((_NUMBERS, False), (_AGREEMENT, True)):
        shown = [
            [*(r[n] for n in first), *_statistics(r, statistics), *(r[n] for n in last)]
            for r in given
            if (r["column"] in exact) == chosen
        ]
        if shown:
            print_table((*first, *statistics, *(n.replace("_", " ") for n in last)), shown)


def _statistics(line: Mapping[str, Any], names: Iterable[str]) -> list[Any]:
    """Return statistics to the digits that their standard errors deserve; None where there is none."""
    from vacframe.report.standard_errors import standard_errors

    errors = standard_errors(line)
    texts: list[Any] = []
    for name in names:
        value = line[name]
        if isinstance(value, float):
            text = with_error if name in _WITH_ERROR else to_error
            texts.append(text(value, errors.get(name)) if math.isfinite(value) else None)
        else:
            texts.append(value)
    return texts


def show_scorecard(card: Scorecard) -> None:
    """Print the published numbers of a paper beside the measured ones, and where its figures are."""
    print(f"{card.title} ({card.citation})")
    rows = [(s.name, _published(s), _measured(s), s.unit, s.verdict, s.place, s.how) for s in card.scores]
    print_table(("number", "published ± allowed", "measured", "unit", "verdict", "place", "how"), rows)
    verdicts = [s.verdict for s in card.scores]
    print(f"{len(rows)} numbers:", ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts)))
    for verdict, reason in dict.fromkeys((s.verdict, s.reason) for s in card.scores if s.reason):
        names = [s.name for s in card.scores if (s.verdict, s.reason) == (verdict, reason)]
        which = "" if len(names) == verdicts.count(verdict) else f" ({'; '.join(names)})"
        print(f"{verdict}{which}: {reason}")
    if card.figures:
        title("figures")
        print_table(
            ("figure", "like", "file"), [(f.name, f.place, f.path or f"not drawn: {f.reason}") for f in card.figures]
        )


def _published(score: Score) -> str:
    """Return what the paper printed, all its digits, and how far a measurement may lie from it."""
    room = f" ± {float(to_error(score.tolerance, score.tolerance)):g}" if score.tolerance else ""
    return f"{_SIGNS[score.compare]}{significant(score.published, 15)}{room}"


def _measured(score: Score) -> NumberText | None:
    """Return the measured number with its error; where it has none, to the digits that the tolerance tells apart."""
    if score.measured is None:
        return None
    if score.error is not None:
        return with_error(score.measured, score.error)
    if score.measured.is_integer():
        return significant(score.measured, 15)
    return to_error(score.measured, score.tolerance) if score.tolerance else significant(score.measured, 4)
