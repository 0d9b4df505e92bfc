"""The exponential function in a form that compiles to vector instructions: PyPI's numba has none."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from vacframe.astro.jit import compiled


def _bitcast(context: Any, bits: Any) -> Any:
    """Take the bits of an int32 for those of a float32."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return numba.float32(numba.int32), build


_as_float: Any = intrinsic(_bitcast)


@compiled
def exponential(x: np.float32) -> np.float32:
    """Return exp(x) of a float32 to 2e-7 of it; 0 below exp(-60), so that no denormal numbers arise, x at most 80.

    2^n times the Taylor series of the rest, which lies within +-0.35.
    """
    single = np.float32
    x = x if x > single(-60.0) else single(-60.0)
    whole = x * single(1.44269504) + single(12582912.0) - single(12582912.0)  # rounds: 1.5 * 2^23
    f = (x - whole * single(0.693359375)) - whole * single(-2.12194440e-4)
    p = single(1.0 / 720.0) * f + single(1.0 / 120.0)
    p = p * f + single(1.0 / 24.0)
    p = p * f + single(1.0 / 6.0)
    p = p * f + single(0.5)
    p = p * f + single(1.0)
    p = p * f + single(1.0)
    power: np.float32 = _as_float((np.int32(whole) + np.int32(127)) << np.int32(23))
    return p * power if x > single(-60.0) else single(0.0)
