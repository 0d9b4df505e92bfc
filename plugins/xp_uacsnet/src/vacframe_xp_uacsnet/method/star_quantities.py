"""What the selection needs of each star: reddening, colour, absolute magnitude, height, and the paper's cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vacframe import Batch, VacframeError
from vacframe.astro.galactic import galactic

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
    count, unknown = len(spectra), np.full(len(spectra), np.nan)
    keys = spectra["source_id"]
    given = spectra
    if config.photometry == "gaia_sources":
        given = inputs["gaia_sources"]
        place = given.match("source_id", keys)
    else:
        place = np.arange(count)
    column = {name: _at(given, name, place) for name in (*PHOTOMETRY, EXCESS, "parallax", "ra", "dec")}
    known = np.isfinite(column["ra"])
    gl, gb = galactic(np.where(known, column["ra"], spectra["ra"]), np.where(known, column["dec"], spectra["dec"]))
    distance = unknown
    if config.distance == "geometric_distances":
        distances = inputs["geometric_distances"]
        distance = _at(distances, "r_med_geo", distances.match("source_id", keys))
    elif config.distance == "parallax":
        with np.errstate(divide="ignore"):
            distance = np.where(column["parallax"] > 0, 1000.0 / column["parallax"], np.nan)
    ebv = unknown
    if config.reddening == "xp_sampled":
        ebv = spectra["ebv"].astype(np.float64)
    elif config.reddening == "reddening_map":
        ebv = map_reddening(inputs["reddening_map"], gl, gb)
    logg = spectra["logg"].astype(np.float64) if "logg" in spectra else unknown
    g, bp, rp = (column[name] for name in PHOTOMETRY)
    return Stars(gl, gb, g, bp - rp, column[EXCESS], ebv, distance, logg)


def _at(batch: Batch, name: str, place: np.ndarray) -> np.ndarray:
    """Return a column at these rows, float64; NaN where the row is -1 or the batch lacks the column."""
    if name not in batch or not len(batch):
        return np.full(len(place), np.nan)
    return np.where(place >= 0, batch[name][place].astype(np.float64), np.nan)


def map_reddening(pixels: Batch, gl: np.ndarray, gb: np.ndarray) -> np.ndarray:
    """Return E(B-V) of the HEALPix pixels (NESTED, Galactic) in which directions lie, shape (n,)."""
    import healpy

    if not len(pixels) or not len(gl):
        return np.full(len(gl), np.nan)
    orders = np.unique(pixels["healpix_order"])
    if len(orders) != 1:
        raise VacframeError(f"reddening_map has pixels of orders {', '.join(map(str, orders))}; one order is expected")
    wanted = healpy.ang2pix(1 << int(orders[0]), gl, gb, nest=True, lonlat=True)
    numbers = pixels["healpix"]
    whole = len(numbers) == 12 << (2 * int(orders[0])) and bool((np.diff(numbers) == 1).all())
    return _at(pixels, "ebv", wanted - numbers[0] if whole else pixels.match("healpix", wanted))
