"""The numbers of Yang et al. (2025), and how they are measured."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_xp_uacsnet.registry import plugin

CLUSTERS = {
    "NGC 6397": (-2.20, 0.17, -2.02),
    "NGC 6752": (-1.57, 0.14, -1.47),
    "NGC 5904": (-1.28, 0.17, -1.18),
    "NGC 2682": (0.01, 0.09, 0.00),
    "NGC 6791": (0.26, 0.10, 0.31),
}
"""Mean and dispersion of [Fe/H] from the network, and APOGEE's value (section 4.2.3, Figure 9)."""


def _only(column: str) -> Any:
    """Return a measurement: the value of the one row; NaN where there is none."""

    def measure(batch: Any) -> float:
        return float(batch[column][0]) if len(batch) else float("nan")

    return measure


def _distance(batch: Any) -> float:
    """Return the absolute difference of a cluster; NaN where it has no row."""
    return abs(_only("difference")(batch))


def _calibration() -> tuple[vf.Published, ...]:
    found = []
    for part, catalogue, scatter, tolerance in (("training", "PASTEL", 0.09, 0.02), ("test", "SAGA", 0.22, 0.05)):
        where = f"model == 'uacsnet' and part == '{part}' and group == 'all'"
        common: dict[str, Any] = {
            "product": "xp_calibration",
            "where": where,
            "unit": "dex",
            "place": "Sect. 4.2.1, Figs. 3 and 4",
        }
        found += [
            vf.Published(
                name=f"{part}_scatter", value=scatter, tolerance=tolerance, columns=("scatter",), compare="at_most",
                how=f"robust standard deviation of estimate minus label, {part} stars ({catalogue})",
                measure=_only("scatter"), **common,
            ),
            vf.Published(
                name=f"{part}_bias", value=0.0, tolerance=0.05, columns=("bias",),
                how=f"median of estimate minus label, {part} stars ({catalogue})", measure=_only("bias"), **common,
            ),
        ]  # fmt: skip
    return tuple(found)


def _clusters() -> tuple[vf.Published, ...]:
    found = []
    for name, (mean, scatter, apogee) in CLUSTERS.items():
        label = name.lower().replace(" ", "_")
        common: dict[str, Any] = {
            "product": "xp_validation", "unit": "dex", "place": "Sect. 4.2.3, Fig. 9",
            "where": f"test == 'cluster' and group == '{name}'",
        }  # fmt: skip
        found += [
            vf.Published(
                name=f"{label}_difference", value=round(abs(mean - apogee), 3), tolerance=0.05,
                columns=("difference",), compare="at_most", measure=_distance,
                how="distance of the members' mean [Fe/H] from the cluster's literature value", **common,
            ),
            vf.Published(
                name=f"{label}_scatter", value=scatter, tolerance=0.05, columns=("scatter",), compare="at_most",
                how="standard deviation of the members' [Fe/H] after 3-sigma clipping", measure=_only("scatter"),
                **common,
            ),
        ]  # fmt: skip
    return tuple(found)


def _carbon() -> tuple[vf.Published, ...]:
    common: dict[str, Any] = {
        "product": "xp_validation", "where": "test == 'carbon' and group == 'all'", "place": "Sect. 4.2.4, Fig. 10",
    }  # fmt: skip
    return (
        vf.Published(
            name="vmp_scatter", value=0.24, tolerance=0.05, unit="dex", columns=("scatter",), compare="at_most",
            how="standard deviation of estimate minus label of very metal-poor stars", measure=_only("scatter"),
            **common,
        ),
        vf.Published(
            name="carbon_trend", value=0.0, tolerance=0.1, columns=("slope",),
            how="slope of estimate minus label with [C/Fe] of very metal-poor stars", measure=_only("slope"), **common,
        ),
    )  # fmt: skip


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
        numbers=(*_calibration(), *_clusters(), *_carbon()),
    )
)
