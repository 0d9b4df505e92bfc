"""The plugin object and its configuration."""

from __future__ import annotations

import vacframe as vf
from vacframe_surveys.config import SurveysConfig

plugin = vf.Plugin("surveys", config=SurveysConfig)
