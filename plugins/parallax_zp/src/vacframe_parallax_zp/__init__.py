"""Zero points of Gaia parallaxes (Lindegren et al. 2021b; Wang, Yuan & Huang 2021)."""

from __future__ import annotations

from vacframe_parallax_zp import papers, products
from vacframe_parallax_zp.registry import plugin

__all__ = ["papers", "plugin", "products"]
