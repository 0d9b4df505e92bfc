"""Real LAMOST, MILES and Gaia XP spectra beside mock ones of the same labels.

    python examples/compare_spectra.py DATA [OUTPUT]

DATA is a folder with ``lamost_dr10``, ``miles`` and ``xp_apogee_giants`` (any of them); figures go to OUTPUT
(default: the working folder). Prints the median of |mock / real - 1| per group of stars, both over a continuum of the
same kind: a polynomial fitted to the upper envelope for the first two, the mean flux near 550 nm for XP.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table
from vacframe_mock_survey.method.gaia.xp_coefficients import coefficients
from vacframe_mock_survey.method.lamost.spectrograph import WAVELENGTH, planck
from vacframe_mock_survey.method.spectra.sed import flux_densities
from vacframe_mock_survey.method.spectra.synthesis import normalised

SPEED_OF_LIGHT = 299792.458
GROUPS = {
    "M giants": (3000, 4000, -1.0, 2.5),
    "cool giants": (4000, 5200, -1.0, 3.5),
    "cool dwarfs": (4500, 5400, 3.7, 6.0),
    "solar": (5400, 5900, 3.7, 6.0),
    "F dwarfs": (5900, 6500, 3.7, 6.0),
    "hot": (6500, 8000, 3.7, 6.0),
}
"""Range of Teff (K) and log g."""
WINDOWS = ((4000, 5500), (5500, 7300), (8450, 8750))
"""Wavelengths, Å, that are compared."""
STARS = 25
"""Most stars per group."""


def labels_of(teff: np.ndarray, logg: np.ndarray, feh: np.ndarray, alpha: np.ndarray | None = None) -> dict:
    """Return mock labels, shape (n,) each; what is not measured follows the trends of the Galaxy."""
    mixed = logg < 3.2
    alpha = np.clip(-0.2 * feh, 0.0, 0.3) if alpha is None else alpha
    carbon, nitrogen = np.where(mixed, -0.15, 0.0), np.where(mixed, 0.25, 0.0)
    return {"teff": teff, "logg": logg, "feh": feh, "alpha_m": alpha, "c_fe": carbon, "n_fe": nitrogen}


def over_envelope(wavelength: np.ndarray, flux: np.ndarray) -> np.ndarray:
    """Return flux over a fifth-order polynomial fitted to its upper part, shape (n,)."""
    x = np.linspace(-1, 1, len(flux))
    keep = flux > 0
    ratio = np.full(len(flux), np.nan)
    for _ in range(6):
        if keep.sum() < 50:
            return ratio
        ratio = flux / np.polynomial.Polynomial.fit(x[keep], flux[keep], 5)(x)
        keep &= (ratio > 1 - 0.5 * ratio[keep].std()) & (ratio < 1.2)
    return ratio


def lamost(folder: Path) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Yield labels (with velocity, km/s) and flux on the survey's grid of LAMOST DR10 stars of high S/N."""
    table = pd.read_csv(folder / "labels.csv")
    table = table[table["snrg"] > 60].rename(columns=lambda name: name.removesuffix("_lasp"))
    for _, star in table.iterrows():
        with fits.open(folder / "spectra" / star["file"]) as units:
            row = units[1].data[0]
            flux = np.interp(WAVELENGTH, row["WAVELENGTH"], row["FLUX"], left=0, right=0)
        yield pd.Series({**star[["teff", "logg", "feh"]], "velocity": star["z"] * SPEED_OF_LIGHT}), flux


def miles(folder: Path) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Yield labels and flux of MILES stars on the survey's grid (air to vacuum: Morton 2000, ApJS 130, 403)."""
    with np.load(folder / "miles_subset.npz") as file:
        stored = {name: file[name] for name in ("teff", "logg", "feh", "wave_air", "flux")}
    square = (1e4 / WAVELENGTH) ** 2
    index = 1 + 8.34254e-5 + 2.406147e-2 / (130 - square) + 1.5998e-4 / (38.9 - square)
    for k in range(len(stored["teff"])):
        flux = np.interp(WAVELENGTH / index, stored["wave_air"], stored["flux"][k], left=0, right=0)
        yield pd.Series({n: float(stored[n][k]) for n in ("teff", "logg", "feh")} | {"velocity": 0.0}), flux


def compare(stars: Iterator[tuple[pd.Series, np.ndarray]]) -> dict[str, dict[tuple[int, int], tuple]]:
    """Return, per group and window, wavelength and median real and mock spectrum, and the median difference."""
    grouped: dict[str, list] = {name: [] for name in GROUPS}
    for star, flux in stars:
        for name, (cold, hot, low, high) in GROUPS.items():
            inside = cold <= star["teff"] < hot and low <= star["logg"] < high and np.isfinite(star["feh"])
            if inside and len(grouped[name]) < STARS:
                grouped[name].append((star, flux))
    out: dict[str, dict] = {}
    for name, members in grouped.items():
        if len(members) < 3:
            continue
        table = pd.DataFrame([star for star, _ in members]).astype(float)
        labels = labels_of(*(table[n].to_numpy() for n in ("teff", "logg", "feh")))
        mock = normalised(*labels.values(), table["velocity"].to_numpy())
        mock = mock * planck(WAVELENGTH, table["teff"].to_numpy()[:, None])
        out[name] = {w: _window(w, [flux for _, flux in members], mock) for w in WINDOWS}
    return out


def _window(window: tuple[int, int], real: list[np.ndarray], mock: np.ndarray) -> tuple:
    inside = (window[0] < WAVELENGTH) & (window[1] > WAVELENGTH)
    x = WAVELENGTH[inside]
    a = np.array([over_envelope(x, f[inside].astype(float)) for f in real])
    b = np.array([over_envelope(x, f[inside].astype(float)) for f in mock])
    return x, np.nanmedian(a, axis=0), np.nanmedian(b, axis=0), float(np.nanmedian(np.abs(b / a - 1)))


def xp(folder: Path) -> dict[str, tuple]:
    """Return, per range of Teff, grid (nm), median real and mock XP spectrum of APOGEE giants, median difference."""
    import gaiaxpy

    table = Table.read(folder / "xp_apogee_giants.fits.gz")

    def column(name: str) -> np.ndarray:
        return np.ma.filled(np.ma.asarray(table[name], float), np.nan)

    teff, logg, feh, alpha, ak = (column(n) for n in ("teff", "logg", "fe_h", "alpha_m", "ak_targ"))
    grid = np.arange(336.0, 1021.0, 2.0)
    out = {}
    for low, high in ((3700, 4200), (4200, 4700), (4700, 5200)):
        good = np.isfinite(teff + logg + feh + alpha) & (teff > low) & (teff < high) & (ak > 0) & (ak < 0.1)
        rows = np.flatnonzero(good)[:STARS]
        # A_Ks / E(B-V) = 0.302 (Schlafly & Finkbeiner 2011).
        dust = {"ebv": ak[rows] / 0.302, "companion_light": np.zeros(len(rows))}
        light = flux_densities(labels_of(teff[rows], logg[rows], feh[rows], alpha[rows]) | dust)
        magnitudes = np.array([[0.0, 0.0, 0.0]] * len(rows))
        for k, band in enumerate(("g", "bp", "rp")):
            magnitudes[:, k] = column(f"gaiaedr3_phot_{band}_mean_mag")[rows]
        parts = [coefficients(spectrum, row) for spectrum, row in zip(light, magnitudes, strict=True)]
        frame = {"source_id": np.arange(len(rows), dtype=np.int64)}
        for band in ("bp", "rp"):
            frame[f"{band}_coefficients"] = [part[band] for part in parts]
            frame[f"{band}_coefficient_errors"] = [np.ones(55)] * len(rows)
            frame[f"{band}_coefficient_correlations"] = [np.eye(55)] * len(rows)
            frame |= {f"{band}_standard_deviation": 1.0, f"{band}_n_relevant_bases": 55, f"{band}_n_parameters": 55}
        made, _ = gaiaxpy.calibrate(pd.DataFrame(frame), save_file=False)
        mock = np.array(made["flux"].to_list(), dtype=float)
        real = np.asarray(table["flux"][rows], dtype=float)
        near = (grid > 540) & (grid < 560)
        a, b = (f / np.nanmean(f[:, near], axis=1, keepdims=True) for f in (real, mock))
        inside = (grid > 400) & (grid < 1000)
        difference = float(np.nanmedian(np.abs(b / a - 1)[:, inside]))
        out[f"{low}-{high} K"] = (grid, np.nanmedian(a, axis=0), np.nanmedian(b, axis=0), difference)
    return out


def plot(panels: dict[str, tuple], path: Path) -> None:
    """Write a figure of real (black) and mock (red) spectra, one panel each."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["text.usetex"] = False  # GaiaXPy turns it on

    figure, axes = plt.subplots(len(panels), 1, figsize=(12, 2.2 * len(panels)), squeeze=False)
    for axis, (title, (x, real, mock, difference)) in zip(axes[:, 0], panels.items(), strict=True):
        axis.plot(x, real, "k", lw=0.7)
        axis.plot(x, mock, "r", lw=0.7)
        axis.set_title(f"{title}: median difference {difference:.4f}", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)


def main(data: Path, output: Path) -> None:
    """Compare with each of the data sets that are there."""
    output.mkdir(parents=True, exist_ok=True)
    for survey, folder, reader in (("LAMOST", "lamost_dr10", lamost), ("MILES", "miles", miles)):
        if not (data / folder).is_dir():
            continue
        panels = {}
        for name, windows in compare(reader(data / folder)).items():
            print(f"{survey:7s} {name:12s}", *(f"{a}-{b} Å {w[3]:.4f}" for (a, b), w in windows.items()), sep="  ")
            panels |= {f"{survey} {name}, {a}-{b} Å": w for (a, b), w in windows.items() if np.isfinite(w[3])}
        plot(panels, output / f"compare_{survey.lower()}.png")
    if (data / "xp_apogee_giants").is_dir():
        made = xp(data / "xp_apogee_giants")
        for name, panel in made.items():
            print(f"XP      giants {name}  400-1000 nm {panel[3]:.4f}")
        plot(made, output / "compare_xp.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "."))
