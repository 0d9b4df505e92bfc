"""Positions in the Galaxy from positions on the sky and distances."""

from __future__ import annotations

import numpy as np

from vacframe.astro.galactic import galactic


def galactocentric(
    ra: np.ndarray, dec: np.ndarray, distance: np.ndarray, r_sun: float, z_sun: float
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Return right-handed Cartesian coordinates with the Galactic centre as origin.

    The Sun is at about (-r_sun, 0, z_sun), X points from it to the centre, Y along the Galaxy's rotation (l = 90
    degrees), Z to the north Galactic pole. As in astropy's `Galactocentric`, `r_sun` is the distance to the centre
    and the axes are tilted by asin(z_sun / r_sun), so that the centre lies in the plane; astropy's centre is 0.07
    degrees from l = b = 0, the direction taken here.

    Parameters
    ----------
    ra, dec : ndarray, shape (n,)
        ICRS, degrees.
    distance : ndarray, shape (n,)
        Any unit, that of `r_sun`, `z_sun` and of what is returned.

    Returns
    -------
    position : tuple of three ndarray, shape (n,)
        X, Y, Z.
    direction : tuple of three ndarray, shape (n,)
        Their derivatives by distance.
    """
    longitude, latitude = (np.radians(v) for v in galactic(ra, dec))
    sine = z_sun / r_sun
    cosine = np.sqrt(1.0 - sine**2)
    towards, along, up = (
        np.cos(longitude) * np.cos(latitude),
        np.sin(longitude) * np.cos(latitude),
        np.sin(latitude),
    )
    direction = (cosine * towards + sine * up, along, cosine * up - sine * towards)
    sun = (-r_sun * cosine, 0.0, z_sun)
    return tuple(s + distance * d for s, d in zip(sun, direction, strict=True)), direction
