"""Zero points of Gaia parallaxes (Lindegren et al. 2021b; Wang, Yuan & Huang 2021)."""

from __future__ import annotations

from vacframe_parallax_zp import check, giants, global_offsets, l21, maps, papers, spatial, trends
from vacframe_parallax_zp.registry import plugin

__all__ = ["check", "giants", "global_offsets", "l21", "maps", "papers", "plugin", "spatial", "trends"]
