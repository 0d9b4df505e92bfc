"""Figures like those of Wang, Yuan & Huang (2021), drawn from stored products.

Each function takes tables as ``Workspace.read`` returns them (or dicts of arrays, astropy or pandas tables) and returns
a matplotlib figure, to be saved with ``figure.savefig(path)``.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from vacframe import UsageError, new_figure
from vacframe_parallax_zp.columns import CORR, NONCORR
from vacframe_parallax_zp.method.giant_selection import one_per_star
from vacframe_parallax_zp.method.lindegren_2021 import FIVE, SIX

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_COLOURS = {NONCORR: "tab:blue", CORR: "tab:red"}
_NAMES = {NONCORR: "raw", CORR: "corrected (L21)"}
_SOLUTIONS = {5: FIVE, 6: SIX}
_CORRECTIONS = {NONCORR: "raw", CORR: "corrected"}
_WIDTH_IN_SCATTERS = 4.0
"""Distributions are drawn to this many robust standard deviations on both sides of their medians."""
_OFFSET = "Gaia parallax − giants' parallax (µas)"
_LIMITS = {NONCORR: 60.0, CORR: 30.0}
"""Ends of the colour scales of the maps, µas: those of the corrected pixels lie within ±30 (section 3)."""
_WITHOUT_VALUE = "0.88"
"""Grey of the pixels that have no value."""


def _values(table: Any, name: str) -> np.ndarray:
    return np.asarray(table[name])


def plot_counts(counts: Any) -> Figure:
    """Return bars of the stars left after each cut, five- and six-parameter solutions side by side.

    Parameters
    ----------
    counts : table
        `zp_giants_counts`.
    """
    figure = new_figure(11, 4.5)
    place = np.arange(len(_values(counts, "step")))
    labels = [
        f"{cut}\n{textwrap.fill(str(text), 48)}"
        for cut, text in zip(_values(counts, "cut"), _values(counts, "condition"), strict=True)
    ]
    panels = list(figure.subplots(1, 2, sharey=True))
    for axes, column, title in zip(panels, ("n_five", "n_six"), ("five", "six"), strict=True):
        numbers = _values(counts, column)
        axes.barh(place, numbers, color="tab:blue", alpha=0.6)
        for y, number in zip(place, numbers, strict=True):
            axes.text(number, y, f" {number:,}", va="center", fontsize=8)
        axes.set_xlim(0, 1.25 * max(1, numbers.max(initial=1)))
        axes.locator_params(axis="x", nbins=4, integer=True)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("left after this cut and those above")
        axes.set_title(f"{title}-parameter solutions")
    panels[0].set_yticks(place, labels, fontsize=7)
    panels[0].invert_yaxis()
    return figure


def plot_distributions(giants: Any, offsets: Any) -> Figure:
    """Return the distributions of the offsets with their Gaussian fits (Figure 4 of the paper).

    Parameters
    ----------
    giants : table
        `zp_giants`; of a star with more spectra the best counts.
    offsets : table
        `parallax_zp_global`.
    """
    figure = new_figure(10, 4)
    stars = one_per_star({name: _values(giants, name) for name in ("source_id", "snr")})
    solved = _values(giants, "astrometric_params_solved")[stars]
    for axes, (solution, code) in zip(figure.subplots(1, 2), _SOLUTIONS.items(), strict=True):
        number = int(np.sum(solved == code))
        axes.set_title(f"{solution}-parameter solutions, {number:,} stars", fontsize=10)
        axes.set_xlabel(_OFFSET)
        if number:
            values = {c: _values(giants, c)[stars][solved == code] for c in _CORRECTIONS}
            _distributions(axes, values, {c: _row(offsets, solution, name) for c, name in _CORRECTIONS.items()})
    origin = [str(_values(offsets, name)[0]) for name in ("distances", "circularity")]
    figure.suptitle("giants' parallaxes: distances of {}, Gaia parallaxes in them: {}".format(*origin), fontsize=9)
    return figure


def _distributions(axes: Axes, values: dict[str, np.ndarray], rows: dict[str, dict[str, float]]) -> None:
    ends = [row["offset"] + k * _WIDTH_IN_SCATTERS * row["scatter"] for row in rows.values() for k in (-1, 1)]
    bins = np.linspace(min(ends), max(ends) if max(ends) > min(ends) else min(ends) + 1.0, 61)
    for n, (column, row) in enumerate(rows.items()):
        colour = _COLOURS[column]
        number, _, _ = axes.hist(values[column], bins.tolist(), histtype="step", color=colour, label=_NAMES[column])
        _gaussian(axes, bins, np.asarray(number), row, colour)
        text = f"median {row['offset']:+.1f} ± {row['offset_error']:.1f} µas\n"
        text += f"mean {row['mean']:+.1f}, σ {row['sigma']:.1f} µas"
        axes.text(0.03, 0.96 - 0.15 * n, text, color=colour, transform=axes.transAxes, va="top", fontsize=9)
    axes.set_ylabel(f"stars in {bins[1] - bins[0]:.3g} µas")
    axes.set_ylim(0, 1.4 * axes.dataLim.y1)
    axes.legend(loc="upper right", fontsize=8)


def _gaussian(axes: Axes, bins: np.ndarray, number: np.ndarray, row: dict[str, float], colour: str) -> None:
    """Draw the Gaussian of the table, as high as fits the bins within two sigma best."""

    def shape(x: np.ndarray) -> np.ndarray:
        return np.exp(-0.5 * ((x - row["mean"]) / max(row["sigma"], np.finfo(float).tiny)) ** 2)

    middle = shape(0.5 * (bins[1:] + bins[:-1]))
    core = middle > np.exp(-2.0)
    if core.any():
        x = np.linspace(bins[0], bins[-1], 601)
        axes.plot(x, shape(x) * (middle[core] @ number[core]) / (middle[core] @ middle[core]), "--", color=colour)


def _row(offsets: Any, solution: int, correction: str) -> dict[str, float]:
    chosen = (
        (_values(offsets, "solution") == solution)
        & (_values(offsets, "correction") == correction)
        & (_values(offsets, "sample") == "giants")
    )
    return {
        name: float(_values(offsets, name)[chosen][0])
        for name in ("offset", "offset_error", "scatter", "mean", "sigma")
    }


def plot_trends(trends: Any) -> Figure:
    """Return the offsets against magnitude, colour and latitude (Figure 5 of the paper), with the widths of the bins.

    Parameters
    ----------
    trends : table
        `parallax_zp_trends`.
    """
    figure = new_figure(10, 9)
    panels = (
        ("phot_g_mean_mag", "phot_g_mean_mag", ("G (mag)", "G (mag)")),
        ("nu_eff", "pseudocolour", ("effective wavenumber (1/µm)", "pseudocolour (1/µm)")),
        ("sin_ecl_lat", "sin_ecl_lat", ("sin β", "sin β")),
    )
    variable, solved = _values(trends, "variable"), _values(trends, "solution")
    grid = figure.subplots(3, 2, sharey="row")
    for row, (five, six, labels) in enumerate(panels):
        for axes, solution, name, label in zip(grid[row], (5, 6), (five, six), labels, strict=True):
            chosen = (variable == name) & (solved == solution)
            middle, low, high = (_values(trends, name)[chosen] for name in ("middle", "low", "high"))
            for column in (NONCORR, CORR):
                axes.errorbar(
                    middle,
                    _values(trends, column)[chosen],
                    _values(trends, f"{column}_error")[chosen],
                    (middle - low, high - middle),
                    elinewidth=1.0,
                    fmt=".",
                    color=_COLOURS[column],
                    label=_NAMES[column],
                )
            for level in (-30.0, 0.0):
                axes.axhline(level, color="black", ls="--", lw=0.8)
            axes.set_xlabel(label)
        grid[row][0].set_ylabel(_OFFSET, fontsize=8)
    for axes, solution in zip(grid[0], (5, 6), strict=True):
        axes.set_title(f"{solution}-parameter solutions")
    figure.legend(*grid[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=9)
    return figure


def plot_maps(equatorial: Any, galactic: Any) -> Figure:
    """Return the maps of raw and corrected offsets, equatorial and Galactic (Figure 6 of the paper).

    Pixels without a value are grey. The raw offsets are drawn from −60 to 60 µas, the corrected ones from −30 to 30.

    Parameters
    ----------
    equatorial, galactic : table
        `parallax_zp_map_equatorial` and `parallax_zp_map_galactic`.
    """
    figure = new_figure(12, 7)
    grid = figure.subplots(2, 2, subplot_kw={"projection": "mollweide"})
    for row, column in zip(grid, (NONCORR, CORR), strict=True):
        for axes, table, frame in zip(row, (equatorial, galactic), ("equatorial", "Galactic"), strict=True):
            image = _sky(axes, table, frame, column, _LIMITS[column])
            middle, number = np.median(_values(table, column)), len(_values(table, column))
            text = f"{_NAMES[column]}, {frame}: {number:,} pixels, median {middle:+.1f} µas"
            axes.set_title(text, fontsize=10, pad=14)
        figure.colorbar(image, ax=list(row), shrink=0.8, extend="both", label=_OFFSET)
    return figure


def _sky(axes: Axes, table: Any, frame: str, column: str, limit: float) -> Any:
    import healpy

    nside, nest = _grid(table, ("ra", "dec") if frame == "equatorial" else ("gl", "gb"))
    values = np.full(healpy.nside2npix(nside), np.nan)
    values[_values(table, "hindex")] = _values(table, column)
    x, y = np.linspace(-180, 180, 721), np.linspace(-90, 90, 361)
    # Longitude grows to the left, as on the sky.
    across, up = np.meshgrid(0.5 * (x[1:] + x[:-1]), 0.5 * (y[1:] + y[:-1]))
    pixel = healpy.ang2pix(nside, -across % 360.0, up, nest=nest, lonlat=True)
    axes.set_facecolor(_WITHOUT_VALUE)
    axes.grid(alpha=0.4)
    axes.set_xticks(np.radians(np.arange(-120, 121, 60)), [f"{-a % 360}°" for a in range(-120, 121, 60)], fontsize=7)
    axes.set_yticks(np.radians(np.arange(-60, 61, 30)), [f"{a}°" for a in range(-60, 61, 30)], fontsize=7)
    return axes.pcolormesh(
        np.radians(x), np.radians(y), values[pixel], cmap="RdBu_r", vmin=-limit, vmax=limit, rasterized=True
    )


def _grid(table: Any, centre: tuple[str, str]) -> tuple[int, bool]:
    """Return nside and whether the numbering is nested, found from the pixels' centres."""
    import healpy

    hindex, longitude, latitude = (_values(table, name) for name in ("hindex", *centre))
    for order in range(11):
        for nest in (True, False):
            if hindex.max(initial=0) < healpy.nside2npix(2**order):
                found = healpy.pix2ang(2**order, hindex, nest=nest, lonlat=True)
                if np.allclose(found[0], longitude, atol=1e-6) and np.allclose(found[1], latitude, atol=1e-6):
                    return 2**order, nest
    raise UsageError(f"columns hindex, {centre[0]} and {centre[1]} fit no HEALPix grid; expected a map as it was built")


def plot_check(check: Any) -> Figure:
    """Return the relative difference from second distances against parallax (bottom of Figure 3 of the paper).

    Parameters
    ----------
    check : table
        `parallax_zp_check`.
    """
    figure = new_figure(7, 4.5)
    axes = figure.add_subplot()
    everything = int(np.flatnonzero(np.isnan(_values(check, "low")))[0])
    chosen = np.isfinite(_values(check, "low")) & (_values(check, "n") > 1)
    x = _values(check, "parallax")[chosen]
    error = 1e-3 * _values(check, "offset_error")[chosen] / x
    axes.errorbar(x, 100 * _values(check, "relative")[chosen], 100 * error, fmt="o", color="tab:blue")
    for level in (-3, -1, 0, 1, 3):
        axes.axhline(level, color="black", ls="--", lw=0.6 if level else 1.0)
    names = [str(_values(check, name)[everything]) for name in ("distances", "second_distances", "circularity")]
    number, offset, error_of, spread = (
        _values(check, name)[everything] for name in ("n", "offset", "offset_error", "std")
    )
    axes.set_xlabel(f"parallax after {names[1]} (mas)")
    axes.set_ylabel(f"parallax, {names[0]} − {names[1]} (%)")
    title = f"{number:,} stars: {offset:+.1f} ± {error_of:.1f} µas, σ {spread:.1f} µas\n"
    axes.set_title(f"{title}Gaia parallaxes in {names[1]}: {names[2]}", fontsize=9)
    return figure
