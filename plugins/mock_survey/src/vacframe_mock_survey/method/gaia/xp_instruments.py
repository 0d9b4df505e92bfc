"""What GaiaXPy's own configuration says of the BP and RP instruments, as matrices."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from gaiaxpy.calibrator.external_instrument_model import ExternalInstrumentModel
from gaiaxpy.config.paths import config_path, hermite_bases_file
from gaiaxpy.converter.config import get_bands_config, parse_config
from gaiaxpy.core import nature, satellite
from gaiaxpy.core.config import load_xpsampling_from_xml
from gaiaxpy.core.xml_utils import get_file_root

from vacframe_mock_survey.method.gaia.cholesky import inverse_factor
from vacframe_mock_survey.method.spectra.grids import BROAD_FIRST, BROAD_PIXELS, STEP

MODELS = {"bp": "v375wi", "rp": "v142r"}
"""GaiaXPy's default instrument models."""
RANGES = {"bp": (333.0, 648.0), "rp": (630.0, 1028.0)}
"""Wavelengths, nm, at which the instruments have a response."""
SMOOTHING = 0.8
"""Gaussian width, in samples, of the spectrum that the bases can hold: of the order of the instruments' own."""
TOLERANCE = 1e-2
"""How closely, relative to the mean flux, the coefficients follow a spectrum, against keeping them small."""
EXPECTED = 0.5 * np.exp(-np.arange(55) / 2.2) + 0.005 * (1.0 - np.arange(55) / 60.0)
"""Size of the coefficients relative to the first that those of stars have: about five times the median of |c_k / c_0|
of 2,000 real sources, so that the fit invents no structure where the photometers have no response."""
SAMPLES = np.arange(0.0, 60.0, 0.5)
"""Pseudo-wavelengths at which the noise is modelled."""
DARK, DARK_LIMIT = (9.0, 55.0), 0.01
"""Pseudo-wavelengths beyond which there is hardly light; how much, relative to the first coefficient."""
SYSTEM = "GaiaDr3Vega"
PIXEL_WAVELENGTH = 10.0 ** (BROAD_FIRST + STEP * np.arange(BROAD_PIXELS)) / 10.0
"""Vacuum wavelengths, nm, of the spectra to be projected."""


@dataclass(frozen=True)
class Instrument:
    """One of the two photometers.

    Attributes
    ----------
    project : ndarray, shape (55, BROAD_PIXELS)
        Takes a flux density, W / (nm m2), on `PIXEL_WAVELENGTH` to coefficients.
    internal : ndarray, shape (55, n_sample)
        The bases on `SAMPLES`, e-/s/sample.
    photometry : ndarray, shape (55, 3)
        Takes coefficients to this photometer's part of the synthetic fluxes in G, BP, RP.
    """

    project: np.ndarray
    internal: np.ndarray
    photometry: np.ndarray


def _smoothing(wavelength: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Return the matrix that smooths from the pixels to `wavelength` (nm), shape (n, BROAD_PIXELS), rows of sum 1."""
    width = SMOOTHING / np.abs(np.gradient(samples, wavelength))[:, None]
    shape = np.exp(-0.5 * ((PIXEL_WAVELENGTH[None, :] - wavelength[:, None]) / width) ** 2) * PIXEL_WAVELENGTH
    return np.asarray(shape / shape.sum(axis=1, keepdims=True))


def _hermite(x: np.ndarray, count: int) -> np.ndarray:
    """Return the orthonormal Hermite functions at x, shape (count, n), by their recurrence."""
    functions = [np.pi**-0.25 * np.exp(-0.5 * x * x)]
    functions.append(np.sqrt(2.0) * x * functions[0])
    for n in range(2, count):
        functions.append(np.sqrt(2.0 / n) * x * functions[-1] - np.sqrt((n - 1.0) / n) * functions[-2])
    return np.array(functions)


def _internal_bases(band: str) -> np.ndarray:
    config = getattr(get_bands_config(parse_config(hermite_bases_file)), f"{band}Config")
    (low, high), (first, last) = config.range, config.normalizedRange
    functions = _hermite(first + (SAMPLES - low) * (last - first) / (high - low), config.dimension)
    return np.einsum("ij,jk->ik", np.asarray(config.transformationMatrix).reshape(-1, config.dimension), functions)


def _counted(model: ExternalInstrumentModel, samples: np.ndarray) -> np.ndarray:
    """Return GaiaXPy's design matrix times response and wavelength (nm): photons counted, shape (55, n)."""
    bases = model.bases
    scale = (bases["normRangeMax"] - bases["normRangeMin"]) / (bases["pwlRangeMax"] - bases["pwlRangeMin"])
    x = bases["normRangeMin"] + (samples - bases["pwlRangeMin"]) * scale
    functions = _hermite(x, int(bases["nInverseBasesCoefficients"]))
    inner = np.einsum("ij,jk->ik", bases["inverseBasesCoefficients"], functions)
    energy = 1e9 * nature.C * nature.PLANCK / satellite.TELESCOPE_PUPIL_AREA
    return energy * np.einsum("ij,jk->ik", bases["transformationMatrix"], inner)


def _instrument(band: str) -> Instrument:
    files = [Path(config_path) / f"{band}C03_{MODELS[band]}_{k}.csv" for k in ("dispersion", "response", "bases")]
    # GaiaXPy prints while it reads.
    with contextlib.redirect_stdout(io.StringIO()):
        model = ExternalInstrumentModel.from_config_csv(*files)
        sampled = load_xpsampling_from_xml(system=SYSTEM)[band]
    wavelength = np.arange(*RANGES[band], 1.0)
    samples = np.asarray(model.wl_to_pwl(wavelength))
    # Weighted by the photons counted, so that wavelengths without response do not matter.
    weight = np.asarray(model.get_response(wavelength)) * wavelength
    scaled = _counted(model, samples).T * EXPECTED
    scale = np.sqrt(np.mean(scaled[:, 0] ** 2))
    internal = _internal_bases(band)
    dark = internal[:, (DARK[0] > SAMPLES) | (DARK[1] < SAMPLES)].T * EXPECTED
    # The most probable coefficients of sizes `EXPECTED` where the fluxes have errors of `TOLERANCE`.
    normal = np.einsum("ij,ik->jk", scaled, scaled) / (TOLERANCE * scale) ** 2
    normal += np.einsum("ij,ik->jk", dark, dark) / DARK_LIMIT**2 + np.eye(len(EXPECTED))
    factor = inverse_factor(normal)
    inverse = np.einsum("ji,jk->ik", factor, np.einsum("jk,lk->jl", factor, scaled))
    inverse *= EXPECTED[:, None] / (TOLERANCE * scale) ** 2
    smooth = _smoothing(wavelength, samples)
    return Instrument(np.einsum("ij,jk->ik", inverse * weight, smooth), internal, np.asarray(sampled))


@lru_cache(maxsize=1)
def instruments() -> dict[str, Instrument]:
    """Return the two photometers, ``bp`` and ``rp``."""
    return {band: _instrument(band) for band in MODELS}


@lru_cache(maxsize=1)
def zero_points() -> np.ndarray:
    """Return GaiaXPy's zero points of G, BP, RP, shape (3,), to be added to −2.5 log10 of the flux."""
    root = get_file_root(str(Path(config_path) / "filters" / f"XpFilter_{SYSTEM}_{MODELS['bp']}{MODELS['rp']}.xml"))
    return np.array([float(node.text) for node in root.find("zeropoints")])
