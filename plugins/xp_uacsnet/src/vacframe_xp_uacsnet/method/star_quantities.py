"""What the selection needs of each star: reddening, colour, absolute magnitude, height, and the paper's cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vacframe import Batch
from vacframe.astro.galactic import galactic
from vacframe.astro.reddening_map import reddening_at

PHOTOMETRY = ("phot_g_mean_mag", "phot_bp_mean_mag", "phot_rp_mean_mag")
EXCESS = "phot_bp_rp_excess_factor"


@dataclass(frozen=True)
class Stars:
    """Quantities of n stars, each of shape (n,), float64 with NaN where unknown.

    Attributes
    ----------
    gl, gb : ndarray
        Galactic coordinates, degrees.
    g : ndarray
        G magnitude.
    bp_rp : ndarray
        BP-RP, not dereddened.
    excess : ndarray
        BP/RP flux excess factor.
    ebv : ndarray
        E(B-V), SFD scale.
    distance : ndarray
        pc.
    """

    gl: np.ndarray
    gb: np.ndarray
    g: np.ndarray
    bp_rp: np.ndarray
    excess: np.ndarray
    ebv: np.ndarray
    distance: np.ndarray
    logg: np.ndarray

    def derived(self, config: Any) -> dict[str, np.ndarray]:
        """Return ``bp_rp0``, ``g0``, ``m_g`` and ``z`` (kpc); unknown reddening counts as none."""
        a_g, a_bp, a_rp = config.band_extinction
        ebv = np.nan_to_num(self.ebv)
        g0 = self.g - a_g * ebv
        with np.errstate(invalid="ignore", divide="ignore"):
            modulus = 5.0 * np.log10(np.where(self.distance > 0, self.distance, np.nan) / 10.0)
        height = 1e-3 * self.distance * np.sin(np.deg2rad(self.gb))
        return {"bp_rp0": self.bp_rp - (a_bp - a_rp) * ebv, "g0": g0, "m_g": g0 - modulus, "z": height}

    def is_giant(self, config: Any, derived: dict[str, np.ndarray]) -> np.ndarray:
        """Return which stars fulfil cuts 1 to 3 of section 2.3."""
        colour = derived["bp_rp0"]
        chosen = (colour > config.colour[0]) & (colour < config.colour[1])
        if config.excess_cut:
            chosen &= self.excess < config.excess[0] + config.excess[1] * colour**2
        if config.giant_cut == "magnitude":
            chosen &= derived["m_g"] < np.polyval(config.giant_magnitude, colour)
        elif config.giant_cut == "logg":
            chosen &= self.logg < config.giant_logg
        if config.minimum_height > 0:
            chosen &= np.abs(derived["z"]) > config.minimum_height
        return np.asarray(chosen)


def gather(inputs: Any, config: Any) -> Stars:
    """Return the stars of `xp_sampled` rows from the products that the configuration names."""
    spectra = inputs["xp_sampled"]
    unknown = np.full(len(spectra), np.nan)
    keys = spectra["source_id"]
    given = inputs["gaia_sources"] if config.photometry == "gaia_sources" else spectra
    column = {name: _column(given, name, keys) for name in (*PHOTOMETRY, EXCESS, "parallax", "ra", "dec")}
    known = np.isfinite(column["ra"])
    gl, gb = galactic(np.where(known, column["ra"], spectra["ra"]), np.where(known, column["dec"], spectra["dec"]))
    distance = unknown
    if config.distance == "geometric_distances":
        distance = inputs["geometric_distances"].at("r_med_geo", "source_id", keys)
    elif config.distance == "parallax":
        with np.errstate(divide="ignore"):
            distance = np.where(column["parallax"] > 0, 1000.0 / column["parallax"], np.nan)
    ebv = unknown
    if config.reddening == "xp_sampled":
        ebv = spectra["ebv"].astype(np.float64)
    elif config.reddening == "reddening_map":
        ebv = reddening_at(inputs["reddening_map"], gl, gb)
    logg = spectra["logg"].astype(np.float64) if "logg" in spectra else unknown
    g, bp, rp = (column[name] for name in PHOTOMETRY)
    return Stars(gl, gb, g, bp - rp, column[EXCESS], ebv, distance, logg)


def _column(batch: Batch, name: str, keys: np.ndarray) -> np.ndarray:
    """Return a column of these stars, NaN where the batch lacks it or the star."""
    return batch.at(name, "source_id", keys) if name in batch else np.full(len(keys), np.nan)
