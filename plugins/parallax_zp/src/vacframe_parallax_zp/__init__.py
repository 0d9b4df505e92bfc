"""Zero points of Gaia parallaxes (Lindegren et al. 2021b; Wang, Yuan & Huang 2021)."""

from __future__ import annotations

from vacframe_parallax_zp import l21
from vacframe_parallax_zp.registry import plugin

__all__ = ["l21", "plugin"]
