"""Inputs on which the conformance kit (`vacframe.testing.check_plugin`) tries the products: tiny networks."""

from __future__ import annotations

from typing import Any

import healpy
import numpy as np

from vacframe.astro.extinction import coefficient
from vacframe.astro.galactic import galactic
from vacframe.schemas.lamost import LAMOST_PIXELS, LOGLAM_FIRST, LOGLAM_STEP
from vacframe_nn_labels.bands import band_column
from vacframe_nn_labels.pixels import pixel_wavelengths
from vacframe_nn_labels.registry import plugin

WINDOWS = ((5000.0, 5060.0), (8500.0, 8560.0))
DUST_ORDER = 5
"""Of the reddening map; E(B-V) is 0.3 mag in odd pixels and 0.01 in even ones."""
ORDER = (
    "absolute_magnitude_labels",
    "nn_training_set",
    "nn_training_counts",
    "nn_models",
    "nn_estimates",
    "star_pair_controls",
    "star_pair_extinction",
    "nn_labels",
)
"""The products after `lamost_normalized`, each after those that it needs."""
LINES = {"teff": (5010.0, 5030.0), "feh": (5045.0, 8520.0, 8540.0)}


def small_config(**changes: Any) -> Any:
    """Return a configuration of tiny networks; `changes` go into its training set."""
    training_set = {
        "name": "tiny",
        "label_columns": ["teff", "feh"],
        "where": "snr_g > 20",
        "report_where": "snr_g > 60 and teff < 6000",
        "layers": (16, 8),
        "epochs": 25,
        "learning_rate": 5e-3,
        "averaging": 0.9,
    }
    return plugin.config_model(windows=WINDOWS, training_sets=[training_set | changes])


def spectra_and_labels(count: int = 400, seed: int = 2) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return tables `lamost_normalized` and `reference_labels` of the same stars."""
    rng = np.random.default_rng(seed)
    teff, feh = rng.uniform(4500, 6500, count), rng.uniform(-1, 0.4, count)
    snr = rng.uniform(15, 120, count)
    wavelength = pixel_wavelengths(WINDOWS)
    flux = np.ones((count, len(wavelength)))
    for label, strength in (("teff", 0.5 - (teff - 5500) / 5000), ("feh", 0.3 + 0.2 * feh)):
        for centre in LINES[label]:
            flux -= strength[:, None] * np.exp(-0.5 * ((wavelength - centre) / 2.0) ** 2)
    flux += rng.normal(size=flux.shape) / snr[:, None]
    ivar = np.broadcast_to(snr[:, None] ** 2, flux.shape).copy()
    ivar[rng.random(flux.shape) < 0.01] = 0
    obsid = np.arange(count, dtype=np.int64) * 7 + 1000
    spectra: dict[str, np.ndarray] = {
        "obsid": obsid,
        "ra": rng.uniform(0, 360, count),
        "dec": rng.uniform(-60, 60, count),
        "snr_g": snr.astype(np.float32),
        "z": np.zeros(count, dtype=np.float32),
        "flux": flux.astype(np.float32),
        "ivar": ivar.astype(np.float32),
    }
    return spectra, {"obsid": obsid, "teff": teff.astype(np.float32), "feh": feh.astype(np.float32)}


def survey_spectra(count: int = 30, seed: int = 4) -> dict[str, np.ndarray]:
    """Return rows of `lamost_spectra`: a sloping continuum with noise and bad pixels."""
    rng = np.random.default_rng(seed)
    wavelength = 10.0 ** (LOGLAM_FIRST + LOGLAM_STEP * np.arange(LAMOST_PIXELS))
    flux = (wavelength / 6000.0) ** rng.uniform(-2, 2, (count, 1)) * (
        1 + 0.03 * rng.normal(size=(count, LAMOST_PIXELS))
    )
    mask = rng.random((count, LAMOST_PIXELS)) < 0.01
    return {
        "obsid": np.arange(count, dtype=np.int64) + 500,
        "ra": rng.uniform(0, 360, count),
        "dec": rng.uniform(-60, 60, count),
        "snr_g": np.full(count, 30.0, dtype=np.float32),
        "z": rng.normal(0, 2e-4, count).astype(np.float32),
        "flux": flux.astype(np.float32),
        "ivar": np.where(mask, 0, 1000.0).astype(np.float32),
        "mask": mask.astype(np.uint8),
    }


def paired_config() -> Any:
    """Return a configuration whose networks give what reddening and distances need."""
    magnitudes = {"labels": "absolute_magnitude_labels", "key": "source_id", "name": "mag"}
    tiny = small_config().training_sets[0]
    return plugin.config_model(
        windows=WINDOWS,
        training_sets=[
            tiny.model_copy(update={"label_columns": ("teff", "logg", "feh")}),
            tiny.model_copy(
                update=magnitudes | {"label_columns": ("m_g", "m_ks"), "where": "", "report_where": "", "epochs": 5}
            ),
        ],
        absolute_magnitudes={"labels": ["m_g", "m_ks"], "maximum_ebv": 1.0},
        star_pairs={"labels": ["teff_tiny", "logg_tiny", "feh_tiny"], "minimum_latitude": 20.0},
        distances={"magnitude": "m_ks_mag"},
    )


def stars_with_photometry(count: int = 400, seed: int = 6) -> dict[str, dict[str, np.ndarray]]:
    """Return tables of the stars of `spectra_and_labels`: labels, crossmatch, Gaia, photometry, distances, dust.

    Colours and absolute magnitudes are linear in the labels; half of the pixels of the sky are dusty.
    """
    rng = np.random.default_rng(seed)
    spectra, labels = spectra_and_labels(count)
    teff, feh = labels["teff"].astype(float), labels["feh"].astype(float)
    labels["logg"] = (4.9 - 1.5e-4 * teff).astype(np.float32)
    source_id = 10**18 + np.arange(count, dtype=np.int64)
    places = {n: spectra[n] for n in ("ra", "dec")}
    warmth = (teff - 5500.0) / 1000.0
    distance = rng.uniform(0.2, 1.8, count)
    pixels = np.arange(12 * 4**DUST_ORDER, dtype=np.int64)
    dust = np.where(pixels % 2, 0.3, 0.01).astype(np.float32)
    place = galactic(spectra["ra"], spectra["dec"])
    ebv = dust[healpy.ang2pix(1 << DUST_ORDER, *place, nest=True, lonlat=True)].astype(float)
    absolute = {"g": 4.5 - 1.5 * warmth, "ks": 3.0 - 0.8 * warmth}
    colours = {"bp": 0.4 - 0.1 * warmth, "rp": -0.4 + 0.1 * warmth, "j": 0.4 - 0.2 * warmth}
    absolute |= {"bp": absolute["g"] + colours["bp"] + 0.05 * feh, "rp": absolute["g"] + colours["rp"]}
    absolute |= {"j": absolute["ks"] + colours["j"], "g_sdss": absolute["g"] + 0.3, "i_sdss": absolute["g"] - 0.3}
    tables: dict[str, dict[str, np.ndarray]] = {
        n: {"source_id": source_id, **places} for n in ("gaia_sources", "photometry")
    }
    for band, magnitude in absolute.items():
        product, column = band_column(band)
        apparent = magnitude + 5 * np.log10(distance) + 10 + coefficient(band) * ebv
        tables[product][column] = (apparent + 0.005 * rng.normal(size=count)).astype(np.float32)
        tables[product][f"{column}_error"] = np.full(count, 0.005, dtype=np.float32)
    far = {"r_med_geo": 1000 * distance, "r_lo_geo": 970 * distance, "r_hi_geo": 1030 * distance}
    order = np.full(len(pixels), DUST_ORDER, dtype=np.int8)
    return tables | {
        "lamost_normalized": spectra,
        "reference_labels": labels,
        "crossmatch": {"obsid": spectra["obsid"], "source_id": source_id, **places},
        "geometric_distances": {"source_id": source_id, **places} | {n: v.astype(np.float32) for n, v in far.items()},
        "reddening_map": {"healpix": pixels, "healpix_order": order, "ebv": dust},
    }


def make_all(inputs: dict[str, Any], config: Any) -> dict[str, Any]:
    """Return the inputs and what every product after `lamost_normalized` makes of them, in the order of a build."""
    from vacframe.testing import run_product

    made = dict(inputs)
    for name in ORDER:
        found = run_product(plugin, name, made, config=config)
        made[name] = found.table if found.model is None else found.model
    return made


def conformance_samples() -> dict[str, Any]:
    """Return the sample of each product; those of the later ones are made by the earlier ones."""
    from vacframe.testing import Sample

    config = paired_config()
    inputs = make_all(stars_with_photometry(), config)
    samples = {name: Sample(inputs, config) for name in plugin.definitions}
    return samples | {"lamost_normalized": Sample({"lamost_spectra": survey_spectra()}, config)}
