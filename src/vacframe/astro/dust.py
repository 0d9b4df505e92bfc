"""Dust along lines of sight: the analytic disc of Sharma et al. (2011) and three-dimensional HEALPix maps."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np
from numba import prange

from vacframe.astro.dust_cube import DustCube
from vacframe.astro.jit import compiled, compiled_parallel, read_only

__all__ = ["FAR", "R_V", "DustCube", "DustDisc", "analytic_disc_profile", "av_infinity"]

FAR = 100.0
"""Distance at which the disc's integrals end, kpc: beyond it lies less than 1e-8 of the dust of any direction."""
R_V = 3.1
"""A_V over E(B-V) of diffuse dust (Cardelli, Clayton & Mathis 1989, ApJ 345, 245)."""
_NODES = (-math.sqrt(0.6), 0.0, math.sqrt(0.6))
_WEIGHTS = (5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0)


@dataclass(frozen=True)
class DustDisc:
    """Warped and flared exponential disc of dust (Sharma et al. 2011, ApJ 730, 3); lengths in kpc.

    The density, 1 at the Sun's radius in the mid-plane, is

    exp[(r_sun - R) / scale_length - |z - z_w| / (scale_height k)],

    k = 1 + flare min(flare_radius r_sun, R - flare_radius r_sun) beyond flare_radius r_sun, else 1, and
    z_w = warp min(warp_radius, R - warp_radius) sin(phi) beyond warp_radius, else 0. The azimuth phi is 0 at the Sun
    and grows along the Galaxy's rotation, so that the warp rises to the north near l = 90 degrees.
    """

    r_sun: float = 8.0
    """Galactocentric radius of the Sun."""
    z_sun: float = 0.015
    """Height of the Sun above the mid-plane."""
    scale_length: float = 4.2
    scale_height: float = 0.088
    flare: float = 0.0054
    """Per kpc."""
    flare_radius: float = 1.12
    """In units of `r_sun`."""
    warp: float = 0.18
    """Height per kpc."""
    warp_radius: float = 8.4

    def density(self, lon: np.ndarray, lat: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """Return the density at Galactic longitude and latitude (degrees) and distance (kpc), any shapes."""
        lon, lat, distance = np.broadcast_arrays(lon, lat, distance)
        out = np.empty(distance.size)
        lon, lat = (np.radians(a, dtype=np.float64).ravel() for a in (lon, lat))
        _densities(lon, lat, distance.astype(np.float64).ravel(), np.array(astuple(self)), out)
        return out.reshape(distance.shape)

    def column(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Return the density integrated from the Sun to infinity, kpc, shape (n,)."""
        return self.integrals(lon, lat, np.array([FAR]))[:, 0]

    def integrals(self, lon: np.ndarray, lat: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """Return the density integrated from the Sun to each distance.

        Parameters
        ----------
        lon, lat : ndarray, shape (n,)
            Galactic longitude and latitude, degrees.
        distance : ndarray, shape (m,)
            Ascending, not negative, kpc; at most `FAR`.

        Returns
        -------
        ndarray of float64, shape (n, m)
            In kpc. Agrees with adaptive quadrature to 1e-4 of the direction's total.

        Raises
        ------
        ValueError
            If the distances do not ascend or lie outside 0 to `FAR`.
        """
        edges = np.atleast_1d(np.asarray(distance, dtype=np.float64))
        if edges.ndim != 1 or np.any(np.diff(edges) < 0) or not np.all((edges >= 0) & (edges <= FAR)):
            raise ValueError(f"the dust disc takes ascending distances from 0 to {FAR:g} kpc, shape (m,)")
        lon, lat = (np.radians(np.atleast_1d(a), dtype=np.float64) for a in (lon, lat))
        out = np.empty((len(lon), len(edges)))
        _integrate(read_only(lon, np.float64), read_only(lat, np.float64), edges, np.array(astuple(self)), out)
        return out


def analytic_disc_profile(
    lon: np.ndarray,
    lat: np.ndarray,
    distance_kpc: np.ndarray,
    disc: DustDisc | None = None,
) -> np.ndarray:
    """Return which part of a direction's extinction lies in front of each distance, A_V(d) / A_V(infinity).

    Parameters
    ----------
    lon, lat : ndarray, shape (n,)
        Galactic longitude and latitude, degrees.
    distance_kpc : ndarray, shape (m,)
        Ascending, kpc.
    disc : DustDisc, optional
        Default is Sharma et al. (2011).

    Returns
    -------
    ndarray of float64, shape (n, m)
        0 to 1, ascending along each row.
    """
    wanted = np.append(np.minimum(np.asarray(distance_kpc, dtype=np.float64), FAR), FAR)
    integrals = (disc or DustDisc()).integrals(lon, lat, wanted)
    return np.asarray(integrals[:, :-1] / integrals[:, -1:])


def av_infinity(ebv_sfd: np.ndarray) -> np.ndarray:
    """Return A_V to infinity from the reddening of Schlegel, Finkbeiner & Davis (1998).

    A_V = 3.1 f E(B-V), f = 0.6 + 0.2 [1 - tanh((E(B-V) - 0.15) / 0.3)]: SFD overestimates high extinction (Sharma et
    al. 2011; Binney et al. 2014, MNRAS 437, 351). Not to be combined with 2.742 E(B-V).
    """
    ebv = np.asarray(ebv_sfd, dtype=np.float64)
    return np.asarray(R_V * (0.6 + 0.2 * (1.0 - np.tanh((ebv - 0.15) / 0.3))) * ebv)


@compiled
def _density(cos_l: float, sin_l: float, cos_b: float, sin_b: float, d: float, disc: np.ndarray) -> float:
    r_sun, z_sun, length, height, flare, flare_radius, warp, warp_radius = disc
    x = r_sun - d * cos_b * cos_l
    y = d * cos_b * sin_l
    z = z_sun + d * sin_b
    r = math.sqrt(x * x + y * y)
    start = flare_radius * r_sun
    if r > start:
        height *= 1.0 + flare * min(start, r - start)
    if r > warp_radius:
        z -= warp * min(warp_radius, r - warp_radius) * y / r
    return math.exp((r_sun - r) / length - abs(z) / height)


@compiled
def _densities(lon: np.ndarray, lat: np.ndarray, distance: np.ndarray, disc: np.ndarray, out: np.ndarray) -> None:
    for i in range(len(lon)):
        cos_b, sin_b = math.cos(lat[i]), math.sin(lat[i])
        out[i] = _density(math.cos(lon[i]), math.sin(lon[i]), cos_b, sin_b, distance[i], disc)


@compiled_parallel
def _integrate(lon: np.ndarray, lat: np.ndarray, edges: np.ndarray, disc: np.ndarray, out: np.ndarray) -> None:
    """Gauss-Legendre panels that grow with distance, from 5 pc (the mid-plane's kink) to a quarter of a kpc."""
    r_sun, z_sun, length, height, flare, flare_radius, warp, warp_radius = disc
    # Farther from the plane than this the density is below exp(-30), however far the disc warps and flares.
    clear = warp * warp_radius + height * (1.0 + flare * flare_radius * r_sun) * (30.0 + r_sun / length)
    for i in prange(len(lon)):
        cos_l, sin_l, cos_b, sin_b = math.cos(lon[i]), math.sin(lon[i]), math.cos(lat[i]), math.sin(lat[i])
        start, total, last = 0.0, 0.0, (clear + abs(z_sun)) / max(abs(sin_b), 1e-9)
        for j in range(len(edges)):
            while start < min(edges[j], last):
                step = min(max(0.005, 0.1 * start), 0.25)
                stop = start + step
                if stop > edges[j] - 0.1 * step:
                    stop = edges[j]
                middle, half = 0.5 * (start + stop), 0.5 * (stop - start)
                panel = 0.0
                for k in range(3):
                    panel += _WEIGHTS[k] * _density(cos_l, sin_l, cos_b, sin_b, middle + half * _NODES[k], disc)
                total += panel * (stop - start)
                start = stop
            out[i, j] = total
