"""The plugin object that the product modules register with."""

from __future__ import annotations

import vacframe as vf
from vacframe_bayes_isochrone.config import BayesIsochroneConfig

plugin = vf.Plugin(
    "bayes_isochrone",
    config=BayesIsochroneConfig,
    citation="Wang, J., Fu, J.-N., Niu, H., et al. 2023; Burnett & Binney 2010, MNRAS 407, 339; "
    "Binney et al. 2014, MNRAS 437, 351; Sharma et al. 2011, ApJ 730, 3",
)
