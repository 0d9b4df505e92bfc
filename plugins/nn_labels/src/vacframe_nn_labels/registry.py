"""The plugin object that the product modules register with."""

from __future__ import annotations

import vacframe as vf
from vacframe_nn_labels.config import NnLabelsConfig

plugin = vf.Plugin(
    "nn_labels",
    config=NnLabelsConfig,
    citation="Wang, C., Huang, Y., Yuan, H. B., et al. 2022, ApJS 259, 51",
)
