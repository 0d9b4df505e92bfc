"""Inputs on which the conformance kit (`vacframe.testing.check_plugin`) tries the products: made-up spectra."""

from __future__ import annotations

import atexit
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from vacframe_xp_uacsnet.method.systematic_correction import FILES, PHOT_G
from vacframe_xp_uacsnet.registry import plugin
from vacframe_xp_uacsnet.xp_pixels import SAMPLES, WAVELENGTHS

GRIDS = {
    "untruc_interC2_CM": (-2.0, 4.0),
    "untruc_interC3_CM": (-2.0, 2.0),
    "untruc_interG_CM": (2.703, 17.122),
    "interGext_CM": (10.0, 17.4),
    "inter_phot": (10.0, PHOT_G),
}
"""Ends of the grids of made-up correction tables."""
CYCLE = 97
"""Rows of factors after which a made-up table repeats itself."""


def small_config(**changes: Any) -> Any:
    """Return a configuration of a tiny network on spectra that bring their own magnitudes and reddening."""
    network = {"trunk": (16, 8), "head": 4, "errors": 4, "joint": 4, "epochs": 20, "check_every": 10}
    network |= {"batch_size": 64, "learning_rate": 5e-3, "minimum_stars": 50} | changes.pop("network", {})
    given: dict[str, Any] = {
        "photometry": "xp_sampled",
        "reddening": "xp_sampled",
        "distance": "none",
        "giant_cut": "none",
    }
    given |= {"excess_cut": False, "minimum_height": 0.0, "vmp": -0.5, "training_where": "ebv < 1"}
    return plugin.config_model(**(given | changes | {"network": network}))


def sampled_spectra(count: int = 400, seed: int = 5) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return tables `xp_sampled` and `reference_labels` of the same stars.

    A spectrum is a slope, the colour, with a dip around 430 nm that deepens with [Fe/H]; noise of 0.5 %.
    """
    rng = np.random.default_rng(seed)
    wave = np.array(WAVELENGTHS)
    colour, feh = rng.uniform(0.75, 1.8, count), rng.uniform(-2.5, 0.4, count)
    shape = (wave / 550.0) ** (2.0 * colour[:, None] - 1.0)
    dip = (0.5 + 0.15 * feh)[:, None] * np.exp(-0.5 * ((wave - 430.0) / 15.0) ** 2)
    flux = 1e-16 * shape * (1.0 - dip)
    error = 0.005 * flux
    flux = flux + error * rng.normal(size=flux.shape)
    g = rng.uniform(9.0, 16.0, count)
    source_id = (np.arange(count, dtype=np.int64) + 11) << 36
    spectra = {
        "source_id": source_id,
        "ra": rng.uniform(0, 360, count),
        "dec": rng.uniform(-80, 80, count),
        "flux": flux.astype(np.float32),
        "flux_error": error.astype(np.float32),
        "phot_g_mean_mag": g.astype(np.float32),
        "phot_bp_mean_mag": (g + 0.5 * colour).astype(np.float32),
        "phot_rp_mean_mag": (g - 0.5 * colour).astype(np.float32),
        "ebv": rng.uniform(0, 0.1, count).astype(np.float32),
    }
    labels = {"source_id": source_id, "feh": feh.astype(np.float32)}
    return spectra, labels | {"feh_error": np.full(count, 0.02, np.float32)}


def write_correction(folder: Path, step: int = 1) -> list[Path]:
    """Write made-up tables in the form of the package GaiaDR3XPspectracorrectionV1: smooth factors near 1."""
    paths = []
    for number, (grid, (first, last)) in enumerate(GRIDS.items()):
        points = np.round(np.arange(round(first * 1000), round(last * 1000) + 1, step) / 1000, 3)
        np.savetxt(folder / f"{grid}.csv", points, fmt="%.3f")
        paths.append(folder / f"{grid}.csv")
        if FILES[grid]:
            phase = np.arange(SAMPLES) / (30.0 + 7 * number)
            lines = [",".join(f"{1 + 0.01 * np.sin(p + i):.6f}" for p in phase) for i in range(CYCLE)]
            text = "\n".join(lines[i % CYCLE] for i in range(len(points)))
            (folder / f"{FILES[grid]}.csv").write_text(text + "\n")
            paths.append(folder / f"{FILES[grid]}.csv")
    phot = np.linspace(*GRIDS["inter_phot"], len(points))
    for name, sign in (("inter_BP", 1), ("inter_RP", -1)):
        np.savetxt(folder / f"{name}.csv", 1 + sign * 0.001 * (phot - 14.0), fmt="%.6f")
        paths.append(folder / f"{name}.csv")
    return paths


def conformance_samples() -> dict[str, Any]:
    """Return the sample of each product; those of the later ones are made by the earlier ones."""
    from vacframe.testing import Sample, run_product

    config = small_config()
    inputs: dict[str, Any] = dict(zip(("xp_sampled", "reference_labels"), sampled_spectra(200), strict=True))
    for name in ("xp_features", "xp_training_set", "uacsnet_model", "xp_metallicities"):
        made = run_product(plugin, name, inputs, config=config)
        inputs[name] = made.table if made.model is None else made.model
    names = ("xp_features", "xp_training_set", "uacsnet_model", "xp_metallicities", "xp_vmp_candidates")
    samples: dict[str, Any] = {name: Sample(inputs, config) for name in (*names, "xp_calibration")}
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return samples | {"xp_correction_tables": {"files": write_correction(Path(folder.name), step=500)}}
