"""Labels from high-resolution spectroscopy of true stars: APOGEE-, PASTEL- and SAGA-like, each with its selection."""

from __future__ import annotations

from typing import Any

import numpy as np

from vacframe_mock_survey.method.randoms import Random

Table = dict[str, np.ndarray]

STAR_WARN, STAR_BAD = 7, 23
"""Bits of ASPCAPFLAG (Jönsson et al. 2020, AJ 160, 120)."""
ASPCAP = {"teff": 45.0, "logg": 0.05, "feh": 0.012, "mh": 0.012, "alpha_m": 0.012, "c_fe": 0.025, "n_fe": 0.035}
"""Errors at S/N 150 and solar metallicity, in round numbers of ASPCAP DR16 (Jönsson et al. 2020, figures 12 to 14)."""
CARBON_ENHANCED, EXTREMELY_POOR = 0.7, -2.5
"""Limits of [C/Fe] and [Fe/H] of SAGA's classes (Suda et al. 2011, MNRAS 412, 843)."""
VERY_POOR = -2.0
"""[Fe/H] below which stars are very metal-poor, and sought after."""


def apogee(truth: Any, config: Any, random: Random) -> tuple[Table, np.ndarray]:
    """Return the columns of `apogee_labels` for the chosen rows of true stars, and which rows those are.

    Stars of 3500 to 7000 K brighter than H = 13.8. Errors grow at low S/N and towards low metallicity, where the
    lines of carbon and nitrogen go first; a few stars have their quality bits set, and labels that are wrong.
    """
    ids = truth["source_id"]
    rows = (truth["mag_h"] < 13.8) & (truth["teff"] > 3500) & (truth["teff"] < 7000)
    rows &= random(ids, "chosen").uniform() < config.apogee_fraction
    t = {name: truth[name][rows] for name in truth.columns}
    rng = random(ids[rows], "labels")
    noise, u = rng.normal(9), rng.uniform(2)
    snr = np.clip(10.0 ** (2.6 - 0.13 * (t["mag_h"].astype(float) - 9.0) + 0.2 * noise[:, 0]), 20.0, 1000.0)
    poor = np.clip(-t["feh"].astype(float), 0.0, 3.0)
    bad, warned = u[:, 0] < 0.02, u[:, 1] < 0.04
    out = {name: t[name] for name in ("source_id", "ra", "dec")} | {
        "snr": snr,
        "apogee_id": names_of(t["ra"], t["dec"]),
    }
    for k, (name, floor) in enumerate(ASPCAP.items()):
        slope = 0.8 if name in ("c_fe", "n_fe") else 0.4
        sigma = floor * np.sqrt(1.0 + 150.0 / snr) * (1.0 + slope * poor)
        out[name] = t[name] + sigma * noise[:, 1 + k] * np.where(bad, 8.0, 1.0)
        out[f"{name}_error"] = sigma
    out["rv_error"] = 0.05 + 5.0 / snr
    out["rv"] = t["rv"] + out["rv_error"] * noise[:, 8]
    out["aspcapflag"] = np.where(bad, 1 << STAR_BAD, 0) | np.where(warned, 1 << STAR_WARN, 0)
    out["starflag"] = np.zeros(len(snr), np.int64)
    return out, rows


def names_of(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return 2MASS names, ``2MHHMMSSss+DDMMSSs``, of positions in degrees."""
    hours = np.floor(ra / 15.0 * 360000.0).astype(np.int64)
    arc = np.floor(np.abs(dec) * 36000.0).astype(np.int64)
    texts = [
        f"2M{h // 360000:02d}{h // 6000 % 60:02d}{h % 6000:04d}{s}{a // 36000:02d}{a // 600 % 60:02d}{a % 600:03d}"
        for h, a, s in zip(hours.tolist(), arc.tolist(), np.where(dec < 0, "-", "+").tolist(), strict=True)
    ]
    return np.array(texts, dtype=object)


def literature(ids: np.ndarray, random: Random) -> Table:
    """Return ``bibcode``, ``year``, ``resolution`` and ``snr`` of made-up papers on stars."""
    rng = random(ids, "paper")
    u, noise = rng.uniform(3), rng.normal()
    year = 1978 + np.floor(42.0 * np.sqrt(u[:, 0])).astype(np.int16)
    volume = 1 + np.floor(600 * u[:, 1]).astype(int)
    codes = [f"{y}MOCK.{v:4d}....1V".replace(" ", ".") for y, v in zip(year.tolist(), volume.tolist(), strict=True)]
    resolution = np.array([20000.0, 28000.0, 42000.0, 60000.0, 90000.0])[np.floor(5 * u[:, 2]).astype(int)]
    return {
        "bibcode": np.array(codes, dtype=object),
        "year": year,
        "resolution": resolution,
        "snr": np.clip(120.0 * 10.0 ** (0.3 * noise), 20.0, 800.0),
    }


def pastel(truth: Any, config: Any, random: Random) -> tuple[Table, np.ndarray]:
    """Return the columns of `pastel_labels` for the chosen rows, and which rows those are.

    Stars brighter than V = 13, six times as many of those with [Fe/H] < −1; the very metal-poor ones, which surveys
    of their own find, to V = 15. Papers before 1990 have errors twice those of later ones.
    """
    ids, v = truth["source_id"], truth["mag_v_apass"]
    preferred = np.where(truth["feh"] < -1.0, 6.0, 1.0)
    rows = random(ids, "chosen").uniform() < preferred * config.pastel_fraction
    rows &= v < np.where(truth["feh"] < VERY_POOR, 15.0, 13.0)
    return _measured(truth, rows, random, "PASTEL", {"teff": 60.0, "logg": 0.10, "feh": 0.06}), rows


def saga(truth: Any, config: Any, random: Random) -> tuple[Table, np.ndarray]:
    """Return the columns of `saga_labels` for the chosen rows, and which rows those are.

    Stars with [Fe/H] < −1.5 brighter than V = 16.5; a tenth as many of those that are not very metal-poor, for such
    compilations hold few of them (4 in 5 giants of JINAbase to V = 15 are: Abohalima & Frebel 2018, ApJS 238, 36).
    """
    ids = truth["source_id"]
    preferred = np.where(truth["feh"] < VERY_POOR, 1.0, 0.1)
    rows = random(ids, "chosen").uniform() < preferred * config.saga_fraction
    rows &= (truth["mag_v_apass"] < 16.5) & (truth["feh"] < -1.5)
    errors = {"teff": 90.0, "logg": 0.20, "feh": 0.12, "c_fe": 0.15}
    out = _measured(truth, rows, random, "SAGA", errors)
    metal = np.where(out["feh"] <= EXTREMELY_POOR, "EMP", "MP").astype(object)
    kind = np.where(truth["is_giant"][rows], " RGB", " MS").astype(object)
    enhanced = np.where(out["c_fe"] >= CARBON_ENHANCED, "C-", "").astype(object)
    return out | {"object_class": enhanced + metal + kind}, rows


def _measured(truth: Any, rows: np.ndarray, random: Random, survey: str, errors: dict[str, float]) -> Table:
    ids = truth["source_id"][rows]
    paper = literature(ids, random)
    old = np.where(paper["year"] < 1990, 2.0, 1.0)
    noise = random(ids, "labels").normal(len(errors))
    out = {name: truth[name][rows] for name in ("source_id", "ra", "dec")} | paper
    out["name"] = np.array([f"{survey} {i % 10**6:06d}" for i in ids.tolist()], dtype=object)
    for k, (name, floor) in enumerate(errors.items()):
        sigma = floor * old * np.sqrt(1.0 + 40.0 / paper["snr"])
        out[name] = truth[name][rows] + sigma * noise[:, k]
        out[f"{name}_error"] = sigma
    return out
