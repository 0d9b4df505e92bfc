"""The plugin object that the product modules register with."""

from __future__ import annotations

import vacframe as vf
from vacframe_parallax_zp.config import ParallaxZpConfig

plugin = vf.Plugin(
    "parallax_zp",
    config=ParallaxZpConfig,
    citation=(
        "Wang, C., Yuan, H. B., Huang, Y. 2021, A spatially dependent correction of Gaia EDR3 parallax zero-point "
        "offset based on 0.3 million LAMOST DR8 giant stars; Lindegren, L., et al. 2021, A&A 649, A4"
    ),
)
