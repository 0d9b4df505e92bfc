"""The published numbers and figures of Wang, Yuan & Huang (2021)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vacframe as vf
from vacframe_parallax_zp.columns import CORR, NONCORR
from vacframe_parallax_zp.config import CIRCULARITY, Distances, ParallaxZpConfig
from vacframe_parallax_zp.registry import plugin

_TOLERANCE = 1.0
"""µas; the paper gives no errors of its global offsets, which it states to 0.1 and rounds its comparisons to 1."""
_MAP = "parallax_zp_map_galactic"


def _median(batch: Any) -> float:
    import numpy as np

    values = batch[batch.columns[0]]
    return float(np.median(values)) if len(values) else float("nan")


def _share(low: float, high: float) -> Callable[[Any], float]:
    """Return a measurement: the fraction of the rows whose first column lies between two values."""

    def measure(batch: Any) -> float:
        import numpy as np

        values = batch[batch.columns[0]]
        return float(np.mean((values > low) & (values < high))) if len(values) else float("nan")

    return measure


def _plane_excess(batch: Any) -> float:
    """Return |median offset| at |b| < 10° minus that at |b| > 30°, µas."""
    import numpy as np

    latitude, offset = np.abs(batch["gb"]), batch[NONCORR]
    plane, high = offset[latitude < 10.0], offset[latitude > 30.0]
    return float(abs(np.median(plane)) - abs(np.median(high))) if len(plane) and len(high) else float("nan")


def _relative_at(parallax: float) -> Callable[[Any], float]:
    """Return a measurement: the median relative difference in the bin that holds a parallax, mas."""

    def measure(batch: Any) -> float:
        inside = (batch["low"] <= parallax) & (batch["high"] > parallax) & (batch["n"] > 0)
        return float(batch["relative"][inside][0]) if inside.sum() == 1 else float("nan")

    return measure


def _circular(distances: Distances) -> str:
    """Return why offsets from distances say nothing of Gaia; empty where they do."""
    known = distances.circularity in ("independent", "training")
    return "" if known else f"distances of {distances.product}: {CIRCULARITY[distances.circularity]}"


def _offsets_are_gaias(config: ParallaxZpConfig) -> str:
    return _circular(config.distances)


def _papers_stars(config: ParallaxZpConfig) -> str:
    """Return why the stars are not the paper's; empty where their distances are by its method."""
    product = config.distances.product
    return "" if product == "nn_labels" else f"stars with distances of {product} are another sample than the paper's"


def _check_is_independent(config: ParallaxZpConfig) -> str:
    second = config.second_distances
    return _papers_stars(config) or (_circular(second) if second else "")


def _number(name: str, value: float, tolerance: float, how: str, place: str, **other: Any) -> vf.Published:
    measure = other.pop("measure", vf.single_value)
    return vf.Published(
        name=name, value=value, tolerance=tolerance, how=how, place=place, measure=measure, of_real_stars=True, **other
    )


def _counts() -> tuple[vf.Published, ...]:
    how = "stars left after all cuts (2 % allowed for versions of the input catalogues)"
    common = {"product": "zp_giants_counts", "where": "cut == 'stars'", "caveat": _papers_stars}
    return tuple(
        _number(f"giants, {solution} parameters", n, 0.02 * n, how, "Sect. 2.1", columns=(f"n_{solution}",), **common)
        for solution, n in (("five", 268_003), ("six", 5_070))
    )


def _offsets() -> tuple[vf.Published, ...]:
    found = []
    for correction, values in (("raw", (-27.9, -26.5)), ("corrected", (2.6, 2.9))):
        for solution, text, value in zip((5, 6), ("five", "six"), values, strict=True):
            found.append(
                _number(
                    f"offset, {text} parameters, {correction}",
                    value,
                    _TOLERANCE,
                    f"median of the {correction} parallax minus that of the giants, {text}-parameter solutions",
                    "abstract, Sect. 3 and Fig. 4",
                    unit="uas",
                    product="parallax_zp_global",
                    columns=("offset",),
                    error_column="offset_error",
                    where=f"solution == {solution} and correction == '{correction}' and sample == 'giants'",
                    caveat=_offsets_are_gaias,
                )
            )
    where = "solution == 5 and correction == 'raw' and sample == 'giants'"
    how = "median parallax of the giants, five-parameter solutions"
    typical = _number(
        "parallax of the giants", 0.45, 0.05, how, "Sect. 2.1 and 2.2 (about 0.45)", unit="mas", where=where,
        product="parallax_zp_global", columns=("parallax_giant",), caveat=_papers_stars,
    )  # fmt: skip
    return (*found, typical)


def _maps() -> tuple[vf.Published, ...]:
    def of(name: str, value: float, tolerance: float, how: str, place: str, *columns: str, **other: Any) -> Any:
        options = {"product": _MAP, "columns": columns, "caveat": _offsets_are_gaias, **other}
        return _number(name, value, tolerance, how, f"Sect. 3 and Fig. 6 ({place})", **options)

    middle = {"unit": "uas", "measure": _median}
    least = {"compare": "at_least"}
    text = "median over the pixels of the Galactic map"
    return (
        of("map, raw", -30.0, 5.0, text, "about -30", NONCORR, **middle),
        of("map, corrected", 0.0, 5.0, text, "about 0", CORR, **middle),
        of(
            "raw pixels below 0", 0.9, 0.0, "fraction of the pixels below 0 uas", "almost all", NONCORR,
            measure=_share(float("-inf"), 0.0), **least,
        ),
        of(
            "corrected pixels within 30 uas", 0.9, 0.0, "fraction of the pixels between -30 and +30 uas", "almost all",
            CORR, measure=_share(-30.0, 30.0), **least,
        ),
        of(
            "bias at b = 0", 0.0, 0.0,
            "size of the median raw offset of pixels at |b| < 10 deg minus that at |b| > 30 deg",
            "largest in the Galactic plane", NONCORR, "gb", unit="uas", measure=_plane_excess, **least,
        ),
    )  # fmt: skip


def _red_clump() -> tuple[vf.Published, ...]:
    def of(name: str, value: float, tolerance: float, how: str, *columns: str, **other: Any) -> Any:
        options = {"product": "parallax_zp_check", "columns": columns, "caveat": _check_is_independent, **other}
        return _number(
            name,
            value,
            tolerance,
            f"{how} (needs plugins.parallax_zp.second_distances)",
            "Sect. 2.2 and Fig. 3",
            **options,
        )

    all_stars = {"where": "is_null(low)"}
    return (
        of("red clump, stars", 49_459, 0.02 * 49_459, "giants with a second distance too", "n", **all_stars),
        of("red clump, offset", 3.6, _TOLERANCE, "median difference of parallaxes", "offset", unit="uas",
           error_column="offset_error", **all_stars),
        of("red clump, scatter", 41.0, 5.0, "sigma of the Gaussian fit to it", "std", unit="uas", **all_stars),
        *(
            of(
                f"red clump at {parallax:g} mas", value, 0.01,
                f"median relative difference in the bin of second parallaxes that holds {parallax:g} mas",
                "relative", "low", "high", "n", measure=_relative_at(parallax),
            )
            for parallax, value in ((0.2, -0.01), (0.45, 0.01), (1.0, 0.03))
        ),
    )  # fmt: skip


def _drawn(name: str) -> Callable[..., Any]:
    """Return a function of `figures`, imported when it is called."""

    def draw(*tables: Any) -> Any:
        from vacframe_parallax_zp.figures import wang_2021 as figures

        return getattr(figures, name)(*tables)

    return draw


_OFFSETS = ("astrometric_params_solved", CORR, NONCORR)
wang2021 = plugin.paper(
    vf.Paper(
        name="wang2021",
        title=(
            "A spatially dependent correction of Gaia EDR3 parallax zero-point offset based on 0.3 million LAMOST DR8 "
            "giant stars"
        ),
        citation="Wang, C., Yuan, H., Huang, Y. 2021",
        products=("parallax_zp_map_equatorial", "parallax_zp_trends"),
        numbers=(*_counts(), *_offsets(), *_maps(), *_red_clump()),
        figures=(
            vf.PaperFigure("counts", "Sect. 2.1", {"zp_giants_counts": ()}, _drawn("plot_counts")),
            vf.PaperFigure("check", "Fig. 3, lower panel", {"parallax_zp_check": ()}, _drawn("plot_check")),
            vf.PaperFigure(
                "distributions",
                "Fig. 4",
                {"zp_giants": ("source_id", "snr", *_OFFSETS), "parallax_zp_global": ()},
                _drawn("plot_distributions"),
            ),
            vf.PaperFigure("trends", "Fig. 5", {"parallax_zp_trends": ()}, _drawn("plot_trends")),
            vf.PaperFigure("maps", "Fig. 6", {"parallax_zp_map_equatorial": (), _MAP: ()}, _drawn("plot_maps")),
        ),
    )
)
