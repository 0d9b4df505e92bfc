"""Where the training stars are: distance to the nearest one in the first principal components of their spectra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from vacframe import Model

COMPONENTS = 5
"""Principal components; five hold nearly all variance of red giants' XP spectra at this resolution."""
QUANTILE = 0.99
"""Of the training stars' distances to their nearest neighbours; the unit of distance."""


@dataclass(frozen=True)
class Hull:
    """Training stars in principal components.

    Attributes
    ----------
    centre : ndarray, shape (p,)
    axes : ndarray, shape (p, 5)
        Principal components over their standard deviations.
    stars : ndarray, shape (n, 5)
    unit : float
        The 99th percentile of the training stars' distances to each other's nearest.
    """

    centre: np.ndarray
    axes: np.ndarray
    stars: np.ndarray
    unit: float

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays that a model keeps."""
        unit = np.array([self.unit])
        return {"hull_centre": self.centre, "hull_axes": self.axes, "hull_stars": self.stars, "hull_unit": unit}

    @classmethod
    def of(cls, model: Model) -> Hull:
        """Return the hull that a model keeps."""
        centre, axes, stars, unit = (np.asarray(model[f"hull_{n}"]) for n in ("centre", "axes", "stars", "unit"))
        return cls(centre, axes, stars, float(unit[0]))

    def distance(self, flux: np.ndarray) -> np.ndarray:
        """Return the distance of standardised spectra, shape (n, p), to the nearest training star, shape (n,)."""
        if not len(flux):
            return np.empty(0)
        places = np.einsum("np,pc->nc", flux - self.centre, self.axes)
        return np.asarray(KDTree(self.stars).query(places)[0]) / self.unit


def hull_of(flux: np.ndarray) -> Hull:
    """Return the hull of standardised spectra, shape (n, p) with n > 1."""
    flux = np.asarray(flux, np.float64)
    centre = flux.mean(axis=0)
    _, sizes, axes = np.linalg.svd(flux - centre, full_matrices=False)
    kept = min(COMPONENTS, len(sizes))
    scale = np.maximum(sizes[:kept] / np.sqrt(len(flux) - 1), 1e-12)
    scaled = axes[:kept].T / scale
    stars = np.einsum("np,pc->nc", flux - centre, scaled)
    nearest = np.asarray(KDTree(stars).query(stars, k=2)[0])[:, 1]
    return Hull(centre, scaled, stars, max(float(np.quantile(nearest, QUANTILE)), 1e-12))
