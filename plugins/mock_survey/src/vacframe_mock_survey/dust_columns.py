"""What the two dust products share."""

from __future__ import annotations

from typing import Any

_DUST = ("dust_density", "dust_height", "dust_clouds")


def _centres(order: int) -> tuple[Any, Any, Any]:
    """Return pixel numbers (NESTED, Galactic) and the ra and dec (degrees) of their centres."""
    import healpy
    import numpy as np

    from vacframe_mock_survey.method.galaxy.frames import equatorial, unit_vector

    pixel = np.arange(12 << (2 * order), dtype=np.int64)
    ra, dec = equatorial(unit_vector(*healpy.pix2ang(1 << order, pixel, nest=True, lonlat=True)))
    return pixel, ra, dec
