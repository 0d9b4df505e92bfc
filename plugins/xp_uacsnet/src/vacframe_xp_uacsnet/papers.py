"""The numbers of Yang et al. (2025), where they are in the paper, and how they are measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import vacframe as vf
from vacframe_xp_uacsnet.registry import plugin

RESIDUALS = (
    ("training", "PASTEL", 0.09, 0.02),
    ("test", "SAGA", 0.22, 0.05),
)
"""Sect. 4.2.1, Figs. 3 and 4: stars, catalogue of their labels, robust standard deviation of estimate minus label and
our tolerance, dex. The medians are 0 there."""
CLUSTERS = (
    ("NGC 6397", -2.20, 0.17, -2.02),
    ("NGC 6752", -1.57, 0.14, -1.47),
    ("NGC 5904", -1.28, 0.17, -1.18),
    ("NGC 2682", 0.01, 0.09, 0.00),
    ("NGC 6791", 0.26, 0.10, 0.31),
)
"""Sect. 4.2.3, Fig. 9: cluster, mean and dispersion of [Fe/H] from the network, APOGEE's value."""
VMP_SCATTER, CARBON_TREND = 0.24, 0.0
"""Sect. 4.2.4, Fig. 10: very metal-poor stars, standard deviation of estimate minus label (dex), and the residual's
slope with [C/Fe] ("no trend")."""


def distance(batch: vf.Batch) -> float:
    """Return the absolute difference of a cluster; NaN where it has no row."""
    return abs(vf.single_value(batch))


def _number(name: str, value: float, tolerance: float, column: str, how: str, **other: Any) -> vf.Published:
    given: dict[str, Any] = {"measure": vf.single_value, "unit": "dex"} | other
    return vf.Published(name=name, value=value, tolerance=tolerance, columns=(column,), how=how, **given)


def _residuals() -> Iterator[vf.Published]:
    for part, catalogue, scatter, tolerance in RESIDUALS:
        where = f"model == 'uacsnet' and part == '{part}' and group == 'all'"
        rows = {"product": "xp_calibration", "where": where, "place": "Sect. 4.2.1, Figs. 3 and 4"}
        how = f"of estimate minus label, {part} stars ({catalogue})"
        name, deviation = f"{part}_scatter", f"robust standard deviation {how}"
        yield _number(name, scatter, tolerance, "scatter", deviation, compare="at_most", **rows)
        yield _number(f"{part}_bias", 0.0, 0.05, "bias", f"median {how}", **rows)


def _clusters() -> Iterator[vf.Published]:
    differs = "distance of the members' mean [Fe/H] from the cluster's literature value"
    scatters = "standard deviation of the members' [Fe/H] after 3-sigma clipping"
    for cluster, mean, scatter, apogee in CLUSTERS:
        where = f"test == 'cluster' and group == '{cluster}'"
        rows = {"product": "xp_validation", "where": where, "place": "Sect. 4.2.3, Fig. 9", "compare": "at_most"}
        label, apart = cluster.lower().replace(" ", "_"), round(abs(mean - apogee), 3)
        yield _number(f"{label}_difference", apart, 0.05, "difference", differs, measure=distance, **rows)
        yield _number(f"{label}_scatter", scatter, 0.05, "scatter", scatters, **rows)


def _carbon() -> Iterator[vf.Published]:
    where = "test == 'carbon' and group == 'all'"
    rows = {"product": "xp_validation", "where": where, "place": "Sect. 4.2.4, Fig. 10"}
    how = "of estimate minus label{} of very metal-poor stars"
    deviation, slope = f"standard deviation {how.format('')}", f"slope {how.format(' with [C/Fe]')}"
    yield _number("vmp_scatter", VMP_SCATTER, 0.05, "scatter", deviation, compare="at_most", **rows)
    yield _number("carbon_trend", CARBON_TREND, 0.1, "slope", slope, unit="", **rows)


plugin.paper(
    vf.Paper(
        name="yang2025",
        title="Metallicities of 20 Million Giant Stars Based on Gaia XP spectra",
        citation="Yang, L., Yuan, H. B., Huang, B. W., et al. 2025",
        products=("xp_metallicities", "xp_vmp_candidates"),
        settings={
            "plugins": {
                "xp_uacsnet": {
                    "labels": "pastel_labels",
                    "labels_where": "year > 1986 and resolution >= 25000 and snr >= 50",
                    "test_labels": "saga_labels",
                    "test_where": "year >= 1994",
                }
            }
        },
        numbers=(*_residuals(), *_clusters(), *_carbon()),
    )
)
