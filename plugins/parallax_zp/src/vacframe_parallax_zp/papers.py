"""The published numbers of Wang, Yuan & Huang (2021)."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe_parallax_zp.registry import plugin

_TOLERANCE = 1.0
"""µas; the paper gives no errors of its global offsets, which it states to 0.1 and rounds its comparisons to 1."""


def _first(batch: Any) -> float:
    """Return the one value of the first column."""
    values = batch[batch.columns[0]]
    return float(values[0]) if len(values) == 1 else float("nan")


def _median(batch: Any) -> float:
    import numpy as np

    values = batch[batch.columns[0]]
    return float(np.median(values)) if len(values) else float("nan")


def _share_within(batch: Any) -> float:
    """Return the fraction of pixels within ±30 µas."""
    import numpy as np

    values = batch["offset_corr"]
    return float(np.mean(np.abs(values) < 30.0)) if len(values) else float("nan")


def _plane_excess(batch: Any) -> float:
    """Return |median offset| at |b| < 10° minus that at |b| > 30°, µas."""
    import numpy as np

    latitude, offset = np.abs(batch["gb"]), batch["offset_noncorr"]
    plane, high = offset[latitude < 10.0], offset[latitude > 30.0]
    return float(abs(np.median(plane)) - abs(np.median(high))) if len(plane) and len(high) else float("nan")


def _relative_at(parallax: float) -> Any:
    def measure(batch: Any) -> float:
        inside = (batch["low"] <= parallax) & (batch["high"] > parallax) & (batch["n"] > 0)
        return float(batch["relative"][inside][0]) if inside.sum() == 1 else float("nan")

    return measure


def _global(name: str, value: float, solution: int, correction: str) -> vf.Published:
    return vf.Published(
        name=name,
        value=value,
        tolerance=_TOLERANCE,
        unit="uas",
        place="abstract, Sect. 3 and Fig. 4",
        product="parallax_zp_global",
        columns=("offset",),
        where=f"solution == {solution} and correction == '{correction}' and sample == 'giants'",
        how=f"median of the {correction} parallax minus that of the giants, {solution}-parameter solutions",
        measure=_first,
    )


def _count(name: str, value: float, column: str) -> vf.Published:
    return vf.Published(
        name=name,
        value=value,
        tolerance=0.02 * value,
        place="Sect. 2.1",
        product="zp_giants_counts",
        columns=(column,),
        where="cut == 'stars'",
        how="stars left after all cuts (2 % allowed for versions of the input catalogues)",
        measure=_first,
    )


def _check(name: str, value: float, tolerance: float, unit: str, column: str, how: str) -> vf.Published:
    return vf.Published(
        name=name,
        value=value,
        tolerance=tolerance,
        unit=unit,
        place="Sect. 2.2 and Fig. 3",
        product="parallax_zp_check",
        columns=(column,),
        where="is_null(low)",
        how=how,
        measure=_first,
    )


def _trend(name: str, value: float, parallax: float) -> vf.Published:
    return vf.Published(
        name=name,
        value=value,
        tolerance=0.01,
        place="Sect. 2.2 and Fig. 3",
        product="parallax_zp_check",
        columns=("relative", "low", "high", "n"),
        how=f"median relative difference from the second parallax in the bin that holds {parallax:g} mas",
        measure=_relative_at(parallax),
    )


wang2021 = plugin.paper(
    vf.Paper(
        name="wang2021",
        title=(
            "A spatially dependent correction of Gaia EDR3 parallax zero-point offset based on 0.3 million LAMOST DR8 "
            "giant stars"
        ),
        citation="Wang, C., Yuan, H., Huang, Y. 2021",
        products=("parallax_zp_map_equatorial", "parallax_zp_trends"),
        numbers=(
            _count("giants, five parameters", 268_003, "n_five"),
            _count("giants, six parameters", 5_070, "n_six"),
            _global("offset, five parameters, raw", -27.9, 5, "raw"),
            _global("offset, six parameters, raw", -26.5, 6, "raw"),
            _global("offset, five parameters, corrected", 2.6, 5, "corrected"),
            _global("offset, six parameters, corrected", 2.9, 6, "corrected"),
            vf.Published(
                name="map, raw",
                value=-30.0,
                tolerance=5.0,
                unit="uas",
                place="Sect. 3 and Fig. 6 (about -30)",
                product="parallax_zp_map_galactic",
                columns=("offset_noncorr",),
                how="median over the pixels of the map",
                measure=_median,
            ),
            vf.Published(
                name="map, corrected",
                value=0.0,
                tolerance=5.0,
                unit="uas",
                place="Sect. 3 and Fig. 6 (about 0)",
                product="parallax_zp_map_galactic",
                columns=("offset_corr",),
                how="median over the pixels of the map",
                measure=_median,
            ),
            vf.Published(
                name="corrected pixels within 30 uas",
                value=0.9,
                tolerance=0.0,
                compare="at_least",
                place="Sect. 3 (almost all)",
                product="parallax_zp_map_galactic",
                columns=("offset_corr",),
                how="fraction of the pixels between -30 and +30 uas",
                measure=_share_within,
            ),
            vf.Published(
                name="bias at b = 0",
                value=0.0,
                tolerance=0.0,
                unit="uas",
                compare="at_least",
                place="Sect. 3 (largest in the Galactic plane)",
                product="parallax_zp_map_galactic",
                columns=("offset_noncorr", "gb"),
                how="size of the median raw offset of pixels at |b| < 10 deg minus that at |b| > 30 deg",
                measure=_plane_excess,
            ),
            _check("red clump, offset", 3.6, _TOLERANCE, "uas", "offset", "median difference of all common stars"),
            _check("red clump, scatter", 41.0, 5.0, "uas", "std", "sigma of the Gaussian fit, all common stars"),
            _trend("red clump at 0.2 mas", -0.01, 0.2),
            _trend("red clump at 0.45 mas", 0.01, 0.45),
            _trend("red clump at 1 mas", 0.03, 1.0),
        ),
    )
)
