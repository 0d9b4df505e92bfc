"""The plugin object that the product modules register with."""

from __future__ import annotations

import vacframe as vf
from vacframe_xp_uacsnet.config import XpUacsnetConfig

plugin = vf.Plugin("xp_uacsnet", config=XpUacsnetConfig, citation="Yang, L., Yuan, H. B., Huang, B. W., et al. 2025")
"""Metallicities of giants from Gaia XP spectra."""
