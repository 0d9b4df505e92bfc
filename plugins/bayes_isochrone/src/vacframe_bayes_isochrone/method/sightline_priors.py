"""Priors along lines of sight: the density of each component and the mean extinction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import vacframe as vf
from vacframe.astro.dust import FAR, DustCube, DustDisc, av_infinity
from vacframe.astro.reddening_map import map_rows
from vacframe.schemas.models import DUST_MODULUS_FIRST, DUST_MODULUS_STEP
from vacframe_bayes_isochrone.method.sightline_integral import MU_FIRST, MU_NODES, MU_STEP

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig
    from vacframe_bayes_isochrone.priors import Component, DustPrior

SFD = "sfd"
"""Scale of a dust map that states none, and the one that `av_infinity` corrects."""
PROFILE_ORDER = 8
"""Stars in one HEALPix pixel of this order (0.23 degrees) share the shape of the analytic dust profile."""


def line_of_sight() -> np.ndarray:
    """Return the distances at which priors are tabulated, kpc, shape (MU_NODES,)."""
    return np.asarray(10.0 ** (0.2 * (MU_FIRST + MU_STEP * np.arange(MU_NODES)) - 2.0))


def log_densities(gl: np.ndarray, gb: np.ndarray, config: BayesIsochroneConfig) -> np.ndarray:
    """Return ln of distance^3 times the density of each component, shape (n, n_component, MU_NODES).

    Stars in a step of distance modulus: d^2 dd is proportional to d^3 dmu.

    Parameters
    ----------
    gl, gb : ndarray, shape (n,)
        Galactic longitude and latitude, degrees.
    """
    distance = line_of_sight()
    lon, lat = np.radians(gl)[:, None], np.radians(gb)[:, None]
    across = distance * np.cos(lat)
    radius = np.hypot(config.r_sun - across * np.cos(lon), across * np.sin(lon))
    height = config.z_sun + distance * np.sin(lat)
    shapes = [
        np.zeros_like(radius) if c is None else _log_density(c, radius, height, config)
        for c in config.chosen_components
    ]
    return np.stack(shapes, axis=1) + 3.0 * np.log(distance)


def _log_density(
    component: Component, radius: np.ndarray, height: np.ndarray, config: BayesIsochroneConfig
) -> np.ndarray:
    """Return ln of a component's density, 0 at the Sun."""
    if component.shape == "disc":
        return np.asarray(
            -(radius - config.r_sun) / component.length - (np.abs(height) - abs(config.z_sun)) / component.height
        )
    core = component.core**2
    at_sun = config.r_sun**2 + config.z_sun**2 + core
    return np.asarray(0.5 * component.slope * np.log((radius**2 + height**2 + core) / at_sun))


def log_mean_dust(
    gl: np.ndarray, gb: np.ndarray, inputs: Mapping[str, Any], config: BayesIsochroneConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Return ln of the mean A_V along each line of sight, and where no map says anything about it.

    Returns
    -------
    tuple of ndarray
        Shapes (n, MU_NODES) and (n,), the latter bool. Zeros and False under a uniform prior.
    """
    dust = config.chosen_dust
    if dust.kind == "uniform":
        return np.zeros((len(gl), MU_NODES)), np.zeros(len(gl), dtype=bool)
    distance = line_of_sight()
    if dust.profile == "dust_3d":
        mean = _cube(inputs["dust_3d"], dust).reddening(gl, gb, distance)
        unknown = ~np.isfinite(mean).all(axis=1)
        mean[unknown] = dust.local_av * _disc(gl[unknown], gb[unknown], config)[:, :-1]
    else:
        integrals = _disc(gl, gb, config)
        total = _extinction_to_infinity(inputs["reddening_map"], gl, gb, dust)
        unknown = ~np.isfinite(total)
        mean = integrals[:, :-1] * np.where(unknown, dust.local_av, total / integrals[:, -1])[:, None]
    return np.log(np.maximum(mean, dust.av_floor)), unknown


def _disc(gl: np.ndarray, gb: np.ndarray, config: BayesIsochroneConfig) -> np.ndarray:
    """Return the analytic disc's dust up to each distance and to infinity, kpc, shape (n, MU_NODES + 1)."""
    import healpy

    nside = 1 << PROFILE_ORDER
    pixels, back = np.unique(healpy.ang2pix(nside, gl, gb, nest=True, lonlat=True), return_inverse=True)
    lon, lat = healpy.pix2ang(nside, pixels, nest=True, lonlat=True)
    disc = DustDisc(r_sun=config.r_sun, z_sun=config.z_sun)
    found: np.ndarray = disc.integrals(lon, lat, np.append(np.minimum(line_of_sight(), FAR), FAR))
    return found[back]


def _extinction_to_infinity(pixels: vf.Batch, gl: np.ndarray, gb: np.ndarray, dust: DustPrior) -> np.ndarray:
    """Return A_V to infinity of a HEALPix map (NESTED, Galactic) in each direction, NaN where it has none."""
    if not len(pixels):
        return np.full(len(gl), np.nan)
    scale, unit = _scales("reddening_map", pixels, dust)
    values = pixels["ebv"].astype(np.float64)
    total = np.where(scale == SFD, av_infinity(values), unit * values)
    rows = map_rows({name: pixels[name] for name in ("healpix", "healpix_order")}, gl, gb)
    return np.where(rows >= 0, total[rows], np.nan)


def _cube(pixels: vf.Batch, dust: DustPrior) -> DustCube:
    """Return A_V along lines of sight."""
    orders = np.unique(pixels["healpix_order"])
    if len(orders) != 1:
        found = ", ".join(map(str, orders)) or "none"
        raise vf.VacframeError(f"dust_3d: pixels of one HEALPix order are expected, found {found}")
    order = np.argsort(pixels["healpix"])
    _, unit = _scales("dust_3d", pixels, dust)
    values = (pixels["ebv"] * unit[:, None])[order]
    return DustCube(int(orders[0]), pixels["healpix"][order], values, DUST_MODULUS_FIRST, DUST_MODULUS_STEP, "av")


def _scales(product: str, pixels: vf.Batch, dust: DustPrior) -> tuple[np.ndarray, np.ndarray]:
    """Return the scale of each pixel of a map, and A_V of its unit."""
    names, which = np.unique(np.where(pixels.mask("scale"), SFD, pixels["scale"]).astype(str), return_inverse=True)
    unknown = [n for n in names.tolist() if n not in dust.av_per_unit]
    if unknown:
        raise vf.VacframeError(
            f"{product}: its scale {', '.join(unknown)} is not known; known are {', '.join(dust.av_per_unit)}. "
            f"Give A_V of one unit of it as plugins.bayes_isochrone.dust.av_per_unit.{unknown[0]}"
        )
    return names[which], np.array([dust.av_per_unit[n] for n in names.tolist()])[which]
