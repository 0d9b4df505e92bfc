"""What the selection needs of each star: reddening, colour, absolute magnitude, height, and the paper's cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vacframe import Batch, Inputs
from vacframe.astro.galactic import galactic
from vacframe.astro.reddening_map import reddening_at
from vacframe_xp_uacsnet.columns import EXCESS, PHOTOMETRY

if TYPE_CHECKING:
    from vacframe_xp_uacsnet.config import XpUacsnetConfig


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
    logg : ndarray
        Surface gravity, log10 of cm s-2.
    """

    gl: np.ndarray
    gb: np.ndarray
    g: np.ndarray
    bp_rp: np.ndarray
    excess: np.ndarray
    ebv: np.ndarray
    distance: np.ndarray
    logg: np.ndarray

    def derived(self, config: XpUacsnetConfig) -> dict[str, np.ndarray]:
        """Return ``bp_rp0``, ``g0``, ``m_g`` and ``z`` (kpc); unknown reddening counts as none."""
        a_g, a_bp, a_rp = config.band_extinction
        ebv = np.nan_to_num(self.ebv)
        g0 = self.g - a_g * ebv
        with np.errstate(invalid="ignore", divide="ignore"):
            modulus = 5.0 * np.log10(np.where(self.distance > 0, self.distance, np.nan) / 10.0)
        height = 1e-3 * self.distance * np.sin(np.deg2rad(self.gb))
        return {"bp_rp0": self.bp_rp - (a_bp - a_rp) * ebv, "g0": g0, "m_g": g0 - modulus, "z": height}

    def is_giant(self, config: XpUacsnetConfig, derived: dict[str, np.ndarray]) -> np.ndarray:
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


def gather(inputs: Inputs, config: XpUacsnetConfig) -> Stars:
    """Return the stars of `xp_sampled` rows from the products that the configuration names."""
    spectra = inputs["xp_sampled"]
    keys = spectra["source_id"]
    given, sought = inputs[config.photometry], keys if config.photometry == "gaia_sources" else None
    column = {name: _column(given, name, sought) for name in (*PHOTOMETRY, EXCESS, "parallax", "ra", "dec")}
    known = np.isfinite(column["ra"])
    gl, gb = galactic(np.where(known, column["ra"], spectra["ra"]), np.where(known, column["dec"], spectra["dec"]))
    distance = ebv = np.full(len(keys), np.nan)
    if config.distance == "geometric_distances":
        distance = inputs["geometric_distances"].at("r_med_geo", "source_id", keys)
    elif config.distance == "parallax":
        with np.errstate(divide="ignore"):
            distance = np.where(column["parallax"] > 0, 1000.0 / column["parallax"], np.nan)
    if config.reddening == "xp_sampled":
        ebv = spectra["ebv"].astype(np.float64)
    elif config.reddening == "reddening_map":
        ebv = reddening_at(inputs["reddening_map"], gl, gb)
    g, bp, rp = (column[name] for name in PHOTOMETRY)
    return Stars(gl, gb, g, bp - rp, column[EXCESS], ebv, distance, _column(spectra, "logg"))


def _column(batch: Batch, name: str, keys: np.ndarray | None = None) -> np.ndarray:
    """Return a column of all rows, or of the stars with these keys; NaN where the configuration does not ask for it."""
    if name not in batch:
        return np.full(len(batch if keys is None else keys), np.nan)
    return batch[name].astype(np.float64) if keys is None else batch.at(name, "source_id", keys)
