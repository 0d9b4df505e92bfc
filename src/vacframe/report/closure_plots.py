"""Figures of a closure: recovered against true, differences against each quantity, pulls; completeness and purity."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe.astro.residuals import residual_statistics
from vacframe.report.agreement import agreement, by_class
from vacframe.report.closure import TRUTH, Closure, Sample
from vacframe.report.figure import new_figure
from vacframe.report.groups import group_by

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PULL_RANGE = 5.0
"""Pulls are drawn from minus to plus this."""
WIDTH_IN_SCATTERS = 6.0
"""Differences are drawn to this many scatters on both sides of the bias."""
POINT = 2.0
LOGARITHMIC = 30.0
"""Positive quantities that span more than this factor, but for a hundredth at each end, have logarithmic axes."""


def save_plots(closure: Closure, folder: str | os.PathLike[str], bins: int = 15) -> list[Path]:
    """Write one figure per compared column, ``<product>-<column>.png``; return their paths.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    paths = []
    for sample in closure.samples:
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{closure.product}-{sample.pair.column}.png")
        plot(sample, f"{closure.product} against {closure.truth}", bins).savefig(place / name, dpi=130)
        paths.append(place / name)
    return paths


def plot(sample: Sample, title: str = "", bins: int = 15) -> Figure:
    """Return the figure of one column: recovered against true, pulls, and differences against each quantity.

    Lines are the running median (solid) and the 16th and 84th percentile (dashed) of groups of equal numbers. Of
    values that are right or wrong: completeness and purity, of each class and against each quantity.
    """
    numeric = {n: v for n, v in sample.against.items() if v.dtype != object}
    columns = len(numeric) + (1 if sample.pair.exact else 2)
    rows = 1 if columns <= 3 else 2
    across = -(-columns // rows)
    figure = new_figure(4.2 * across, 3.8 * rows)
    axes: list[Axes] = list(figure.subplots(rows, across, squeeze=False).flat)
    for spare in axes[columns:]:
        spare.remove()
    what = sample.pair.column if sample.pair.column != title.partition(" ")[0] else sample.pair.truth
    figure.suptitle(f"{what}: {title}" if title else what)
    if sample.pair.exact:
        _classes(axes[0], sample)
        for place, (name, values) in zip(axes[1:], numeric.items(), strict=False):
            _shares(place, sample, name, values, bins)
        return figure
    _one_to_one(axes[0], sample)
    _pulls(axes[1], sample)
    for place, (name, values) in zip(axes[2:], numeric.items(), strict=False):
        _differences(place, sample, f"true {sample.pair.truth}" if name == TRUTH else name, values, bins)
    return figure


def _unit(sample: Sample) -> str:
    return f" ({sample.pair.unit})" if sample.pair.unit else ""


def _is_wide(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)]
    if not len(known) or known.min() <= 0:
        return False
    low, high = np.quantile(known, [0.01, 0.99])
    return bool(high > LOGARITHMIC * low)


def _points(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    options: dict[str, Any] = {"s": POINT, "c": "0.55", "alpha": min(1.0, max(0.05, 1500 / max(1, len(x))))}
    axes.scatter(x, y, linewidths=0, rasterized=True, **options)


SHARES = (("completeness", "C0", "number"), ("purity", "C1", "stated"))
"""Share, its colour, and what it is a share of."""


def _classes(axes: Axes, sample: Sample) -> None:
    found = [("all", agreement(sample.estimate, sample.truth)), *by_class(sample.estimate, sample.truth)]
    place = np.arange(len(found))
    for k, (share, colour, total) in enumerate(SHARES):
        values = [getattr(a, share) for _, a in found]
        axes.barh(place + 0.4 * k, values, 0.38, color=colour, label=share)
        for row, (value, (_, a)) in enumerate(zip(values, found, strict=True)):
            if np.isfinite(value):
                axes.text(0.02, row + 0.4 * k, f"{a.right} of {getattr(a, total)}", va="center", fontsize="x-small")
    axes.set(xlim=(0, 1.02), xlabel="fraction", ylim=(len(found) - 0.2, -1.2))
    axes.set_yticks(place + 0.2, [name for name, _ in found])
    axes.legend(loc="upper center", ncols=2, fontsize="small", frameon=False)


def _shares(axes: Axes, sample: Sample, label: str, values: np.ndarray, bins: int) -> None:
    groups = [(np.median(values[rows]), agreement(sample.estimate[rows], sample.truth[rows]))
              for *_, rows in group_by(values, bins) if rows.any()]  # fmt: skip
    for share, colour, total in SHARES:
        shown = [(x, getattr(a, share), getattr(a, total)) for x, a in groups if getattr(a, total)]
        if shown:
            x, y, n = np.array(shown, float).T
            axes.errorbar(x, y, np.sqrt(y * (1 - y) / n), color=colour, marker="o", ms=3, lw=1, label=share)
    axes.set(ylim=(-0.02, 1.02), xlabel=label, ylabel="fraction")


def _one_to_one(axes: Axes, sample: Sample) -> None:
    wide = _is_wide(sample.truth) and _is_wide(sample.estimate)
    _points(axes, sample.truth, sample.estimate)
    if len(sample.truth):
        low, high = np.quantile(np.concatenate([sample.truth, sample.estimate]), [0.001, 0.999])
        room = 0.05 * (high - low) or 1.0
        axes.plot([low, high], [low, high], color="C3", linewidth=1)
        ends = (0.9 * low, 1.1 * high) if wide else (low - room, high + room)
        axes.set(xlim=ends, ylim=ends)
    if wide:
        axes.set(xscale="log", yscale="log")
    axes.set(xlabel=f"true {sample.pair.truth}{_unit(sample)}", ylabel=f"{sample.pair.column}{_unit(sample)}")
    axes.text(0.04, 0.93, f"{len(sample.truth)} rows", transform=axes.transAxes)


def _pulls(axes: Axes, sample: Sample) -> None:
    pull = sample.pull
    axes.set(xlabel="(estimate - truth) / stated error", ylabel="density")
    if not len(pull):
        axes.text(0.5, 0.5, "no errors stated", ha="center", transform=axes.transAxes)
        return
    found = residual_statistics(sample.difference, sample.error)
    edges = np.linspace(-PULL_RANGE, PULL_RANGE, 61)
    axes.hist(np.clip(pull, -PULL_RANGE, PULL_RANGE), edges.tolist(), density=True, color="0.7")
    axes.plot(edges, np.exp(-0.5 * edges**2) / np.sqrt(2 * np.pi), color="C3", linewidth=1)
    text = f"median {found.pull_bias:+.2f}\nscatter {found.pull_scatter:.2f}\n"
    text += f"within 1: {found.within_1:.3f} (0.683)\nwithin 2: {found.within_2:.3f} (0.954)"
    axes.text(0.03, 0.97, text, va="top", fontsize="small", transform=axes.transAxes)


def _differences(axes: Axes, sample: Sample, label: str, values: np.ndarray, bins: int) -> None:
    difference = sample.difference
    _points(axes, values, difference)
    lines = []
    for _, _, _, rows in group_by(values, bins):
        if rows.any():
            found = residual_statistics(difference[rows], sample.error[rows])
            lines.append((float(np.median(values[rows])), found.bias, found.p16, found.p84))
    if lines:
        x, bias, low, high = np.array(lines).T
        axes.plot(x, bias, color="C0")
        axes.plot(x, low, color="C0", linestyle="--", linewidth=1)
        axes.plot(x, high, color="C0", linestyle="--", linewidth=1)
    axes.axhline(0, color="C3", linewidth=1)
    overall = residual_statistics(difference, sample.error)
    if overall.scatter > 0:
        reach = WIDTH_IN_SCATTERS * overall.scatter
        axes.set_ylim(overall.bias - reach, overall.bias + reach)
    if _is_wide(values):
        axes.set_xscale("log")
    axes.set(xlabel=label, ylabel=f"estimate - truth{_unit(sample)}")
