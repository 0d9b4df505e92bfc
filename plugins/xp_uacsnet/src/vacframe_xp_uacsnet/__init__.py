"""Metallicities of giants from Gaia XP spectra by an uncertainty-aware, cost-sensitive network (Yang et al. 2025)."""

from __future__ import annotations

from vacframe_xp_uacsnet import papers, products
from vacframe_xp_uacsnet.registry import plugin

__all__ = ["papers", "plugin", "products"]
