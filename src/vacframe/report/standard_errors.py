"""Standard errors of the statistics of residuals, of n independent rows with Gaussian residuals.

Where a star was observed repeatedly its rows are not independent, and the errors too small.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeGuard

MEDIAN_ERROR = math.sqrt(math.pi / 2)
"""Standard error of a median, times √n / σ: 1.2533 (Kendall & Stuart 1977, Advanced Theory of Statistics 1, 10.10)."""
PERCENTILE_ERROR = 1.507
"""The same of the 16th or 84th percentile: √(p (1 - p)) over the Gaussian density there, 0.2433 (same place)."""
MAD_EFFICIENCY = 0.3675
"""Variance of a standard deviation over that of 1.4826 MAD (Rousseeuw & Croux 1993, JASA 88, 1273: 37 %)."""
DEVIATION_ERROR = math.sqrt(0.5)
"""Standard error of a standard deviation, times √n / σ."""
ROBUST_ERROR = DEVIATION_ERROR / math.sqrt(MAD_EFFICIENCY)
"""The same of 1.4826 MAD: 1.1664."""

COUNTS = ("number", "n", "stars")
"""How the number of rows may be called."""
_SPREADS = (
    ("bias", "scatter", MEDIAN_ERROR), ("p16", "scatter", PERCENTILE_ERROR), ("p84", "scatter", PERCENTILE_ERROR),
    ("scatter", "scatter", ROBUST_ERROR), ("std", "std", DEVIATION_ERROR), ("mean", "std", 1.0),
    ("deviation", "deviation", DEVIATION_ERROR), ("mean", "deviation", 1.0),
)  # fmt: skip
"""Statistic, the width that its error goes with, and the factor."""
_PULL_SPREADS = (("pull_bias", "pull_scatter", MEDIAN_ERROR), ("pull_scatter", "pull_scatter", ROBUST_ERROR))
_FRACTIONS: dict[str, tuple[str, ...]] = {
    "outliers": COUNTS, "coverage": COUNTS, "within_1": ("pulls", *COUNTS), "within_2": ("pulls", *COUNTS),
    "completeness": COUNTS, "purity": ("stated",),
}  # fmt: skip
"""Fraction → the count that it is a fraction of."""


def standard_errors(line: Mapping[str, Any]) -> dict[str, float]:
    """Return the standard errors of those statistics in a line that are known by their names.

    Parameters
    ----------
    line : mapping of str to object
        Statistics by the names that `vacframe.astro.residuals.ResidualStatistics` and
        `vacframe.report.agreement.Agreement` have, or those of a plugin's report: the number of rows may be ``n`` or
        ``stars``; ``std`` or ``deviation`` is a standard deviation, ``coverage`` a fraction of the rows.

    Returns
    -------
    dict of str to float
        In the unit of the statistic; none where its number of rows, or the width it goes with, is not in the line.
    """
    found = {}
    for spreads, counts in ((_SPREADS, COUNTS), (_PULL_SPREADS, ("pulls",))):
        number = _count(line, counts)
        for name, width, factor in spreads:
            spread = line.get(width)
            if number and _is_number(line.get(name)) and _is_number(spread):
                found[name] = factor * spread / math.sqrt(number)
    for name, total in _FRACTIONS.items():
        number, fraction = _count(line, total), line.get(name)
        if number and _is_number(fraction) and 0 <= fraction <= 1:
            found[name] = math.sqrt(fraction * (1 - fraction) / number)
    return found


def _count(line: Mapping[str, Any], names: tuple[str, ...]) -> int:
    return next((line[n] for n in names if isinstance(line.get(n), int)), 0)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, float) and math.isfinite(value)
