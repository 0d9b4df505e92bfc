"""Observed spectra: the star, the sky above it, the spectrograph, the header."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe.schemas.lamost import LAMOST_PIXELS
from vacframe_mock_survey.method.lamost import telluric
from vacframe_mock_survey.method.lamost.spectrograph import (
    WAVELENGTH,
    bad_pixels,
    band_snr,
    calibrated,
    pixel_snr,
    sky_profile,
    spectral_types,
)
from vacframe_mock_survey.method.spectra.sed import starlight
from vacframe_mock_survey.method.spectra.tables import tables


def observe(truth: Any, config: Any, random: Any) -> dict[str, Any]:
    """Return the columns of `lamost_spectra` for a batch of n true stars."""
    ids = truth["obsid"]
    snr, teff = truth["snr_g"].astype(float), truth["teff"].astype(float)
    rotation = random(truth["source_id"], "rotation")
    model, light = starlight(truth, truth["rv"], truth["companion_rv"], tables(), WAVELENGTH, rotation)
    telluric.multiply(model, config.telluric_residual, random(ids, "telluric"))
    level = calibrated(light, truth, random(ids, "calibration"))
    variance = (0.8 * model + 0.2) / pixel_snr(snr, teff) ** 2
    variance += (sky_profile() * (config.sky_residual * 100.0 / snr)[:, None]) ** 2
    noise = random(ids, "noise").normal(LAMOST_PIXELS)
    sigma = level * np.sqrt(variance)
    flux = level * model + sigma * noise
    bad = bad_pixels(random(ids, "bad"), config.bad_pixel_fraction)
    wild = random(ids, "wild").normal()
    bad |= ~np.isfinite(flux)
    flux = np.where(bad, flux + level * 20.0 * wild[:, None], flux)
    return {
        "obsid": ids,
        "flux": flux.astype(np.float32),
        "ivar": np.where(bad, 0.0, 1.0 / sigma**2).astype(np.float32),
        "mask": bad.astype(np.uint8),
        **band_snr(snr, teff),
        **header(truth, config, random),
    }


def header(truth: Any, config: Any, random: Any) -> dict[str, Any]:
    """Return redshift, class, date, plan, spectrograph and fibre; some are missing."""
    import pyarrow as pa

    ids = truth["obsid"]
    u = random(ids, "header").uniform(6)
    error = config.redshift_error * np.hypot(1.0, 20.0 / truth["snr_g"].astype(float)) * random(ids, "z").normal()
    day = truth["lmjd"].astype(np.int64)
    date = (np.datetime64("1858-11-17") + day).astype(str).astype(object)
    plan = np.array([f"MOCK{d:05d}" for d in day.tolist()], dtype=object)
    lost = u[:, 1] < config.missing_header_fraction
    return {
        "z": np.where(u[:, 2] < config.missing_redshift_fraction, np.nan, (truth["rv"] + error) / 299792.458),
        "class": np.full(len(ids), "STAR", dtype=object),
        "subclass": pa.array(spectral_types(truth["teff"]), pa.string(), mask=np.isnan(truth["teff"])),
        "obs_date": pa.array(date, pa.string(), mask=lost),
        "lmjd": pa.array(day, pa.int32(), mask=lost),
        "planid": pa.array(plan, pa.string(), mask=lost),
        "spid": pa.array(1 + np.floor(16 * u[:, 3]).astype(np.int16), pa.int16(), mask=lost),
        "fiberid": pa.array(1 + np.floor(250 * u[:, 4]).astype(np.int16), pa.int16(), mask=lost),
    }
