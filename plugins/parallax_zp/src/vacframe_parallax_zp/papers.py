"""The published numbers and figures of Wang, Yuan & Huang (2021)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


GIANTS = (("five", 268_003), ("six", 5_070))
"""Sect. 2.1: parameters of the astrometric solution, giants left."""
OFFSETS = (
    ("raw", 5, "five", -27.9),
    ("raw", 6, "six", -26.5),
    ("corrected", 5, "five", 2.6),
    ("corrected", 6, "six", 2.9),
)
"""Abstract, Sect. 3 and Fig. 4: parallaxes, parameters of the solution, offset (uas)."""
_SKY = "median over the pixels of the Galactic map"
_MEDIAN = {"unit": "uas", "measure": _median}
MAP = (
    ("map, raw", -30.0, 5.0, _SKY, "about -30", (NONCORR,), _MEDIAN),
    ("map, corrected", 0.0, 5.0, _SKY, "about 0", (CORR,), _MEDIAN),
    (
        "raw pixels below 0", 0.9, 0.0, "fraction of the pixels below 0 uas", "almost all", (NONCORR,),
        {"measure": _share(float("-inf"), 0.0), "compare": "at_least"},
    ),
    (
        "corrected pixels within 30 uas", 0.9, 0.0, "fraction of the pixels between -30 and +30 uas", "almost all",
        (CORR,), {"measure": _share(-30.0, 30.0), "compare": "at_least"},
    ),
    (
        "bias at b = 0", 0.0, 0.0, "size of the median raw offset of pixels at |b| < 10 deg minus that at |b| > 30 deg",
        "largest in the Galactic plane", (NONCORR, "gb"),
        {"unit": "uas", "measure": _plane_excess, "compare": "at_least"},
    ),
)  # fmt: skip
"""Sect. 3 and Fig. 6: name, value, our tolerance, measurement, the paper's words, columns of the map, the rest."""
RED_CLUMP: tuple[tuple[str, float, float, str, str, dict[str, str]], ...] = (
    ("red clump, stars", 49_459, 0.02 * 49_459, "giants with a second distance too", "n", {}),
    (
        "red clump, offset", 3.6, _TOLERANCE, "median difference of parallaxes", "offset",
        {"unit": "uas", "error_column": "offset_error"},
    ),
    ("red clump, scatter", 41.0, 5.0, "sigma of the Gaussian fit to it", "std", {"unit": "uas"}),
)  # fmt: skip
"""Sect. 2.2 and Fig. 3: name, value, our tolerance, measurement, column, the rest."""
RED_CLUMP_AT = ((0.2, -0.01), (0.45, 0.01), (1.0, 0.03))
"""Fig. 3, lower panel: parallax (mas), median relative difference of parallaxes."""


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


def _number(name: str, value: float, tolerance: float, how: str, *columns: str, **other: Any) -> vf.Published:
    given: dict[str, Any] = {"measure": vf.single_value} | other
    return vf.Published(
        name=name, value=value, tolerance=tolerance, how=how, columns=columns, of_real_stars=True, **given
    )


def _counts() -> Iterator[vf.Published]:
    how = "stars left after all cuts (2 % allowed for versions of the input catalogues)"
    rows = {"product": "zp_giants_counts", "where": "cut == 'stars'", "place": "Sect. 2.1", "caveat": _papers_stars}
    for text, n in GIANTS:
        yield _number(f"giants, {text} parameters", n, 0.02 * n, how, f"n_{text}", **rows)


def _offsets() -> Iterator[vf.Published]:
    giants = "solution == {} and correction == '{}' and sample == 'giants'"
    found = {"product": "parallax_zp_global", "place": "abstract, Sect. 3 and Fig. 4", "caveat": _offsets_are_gaias}
    for correction, solution, text, value in OFFSETS:
        how = f"median of the {correction} parallax minus that of the giants, {text}-parameter solutions"
        rows = found | {"where": giants.format(solution, correction), "unit": "uas", "error_column": "offset_error"}
        yield _number(f"offset, {text} parameters, {correction}", value, _TOLERANCE, how, "offset", **rows)
    how = "median parallax of the giants, five-parameter solutions"
    rows = {"place": "Sect. 2.1 and 2.2 (about 0.45)", "where": giants.format(5, "raw"), "unit": "mas"}
    rows = found | rows | {"caveat": _papers_stars}
    yield _number("parallax of the giants", 0.45, 0.05, how, "parallax_giant", **rows)


def _maps() -> Iterator[vf.Published]:
    for name, value, tolerance, how, words, columns, other in MAP:
        rows = {"product": _MAP, "place": f"Sect. 3 and Fig. 6 ({words})", "caveat": _offsets_are_gaias}
        yield _number(name, value, tolerance, how, *columns, **rows, **other)


def _red_clump() -> Iterator[vf.Published]:
    rows = {"product": "parallax_zp_check", "place": "Sect. 2.2 and Fig. 3", "caveat": _check_is_independent}
    needs = "(needs plugins.parallax_zp.second_distances)"
    for name, value, tolerance, how, column, other in RED_CLUMP:
        yield _number(name, value, tolerance, f"{how} {needs}", column, where="is_null(low)", **rows, **other)
    for parallax, value in RED_CLUMP_AT:
        how = f"median relative difference in the bin of second parallaxes that holds {parallax:g} mas {needs}"
        columns, measure = ("relative", "low", "high", "n"), _relative_at(parallax)
        yield _number(f"red clump at {parallax:g} mas", value, 0.01, how, *columns, measure=measure, **rows)


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
