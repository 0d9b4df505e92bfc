"""Ages of the grid. No numerics are imported: schemas depend on how many there are."""

from __future__ import annotations

import math
from typing import Any


def age_nodes(config: Any) -> tuple[float, ...]:
    """Return the ages asked for, Gyr, ascending: equal steps in log age up to `age_turn`, then equal steps in age."""
    span = config.age_max - (config.age_turn - 0.5 * config.age_step)
    old = [config.age_max - i * config.age_step for i in range(math.ceil(span / config.age_step))][::-1]
    step = config.age_step / config.age_turn
    last = math.log(old[0]) - step
    count = max(math.ceil((last - (math.log(config.age_min) - 0.5 * step)) / step), 0)
    return (*[math.exp(last - i * step) for i in range(count)][::-1], *old)
