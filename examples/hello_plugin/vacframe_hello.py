"""A vacframe plugin in one file: absolute magnitudes from parallaxes."""

from __future__ import annotations

from typing import Any

import vacframe as vf

plugin = vf.Plugin("hello", citation="The vacframe documentation")


@plugin.product(
    "absolute_magnitudes",
    table=vf.TableSchema(
        description="Absolute G magnitudes",
        key="source_id",
        position=vf.Position(epoch=2016.0),
        columns=(
            vf.column("source_id", "int64", "Gaia source identifier", ucd="meta.id;meta.main", nullable=False),
            vf.column("ra", "float64", "Right ascension", unit="deg", ucd="pos.eq.ra;meta.main"),
            vf.column("dec", "float64", "Declination", unit="deg", ucd="pos.eq.dec;meta.main"),
            vf.column("abs_g", "float32", "Absolute G magnitude, no extinction", unit="mag", ucd="phys.magAbs;em.opt"),
        ),
    ),
    needs=[vf.same("gaia_sources", ["parallax", "phot_g_mean_mag"])],
    row_wise=True,
)
def absolute_magnitudes(inputs: Any, context: Any) -> dict[str, Any]:
    """Absolute G magnitudes, from 1/parallax; missing where the parallax is not positive."""
    import numpy as np

    gaia = inputs["gaia_sources"]
    parallax = np.where(gaia["parallax"] > 0, gaia["parallax"], np.nan)  # mas
    return {"abs_g": gaia["phot_g_mean_mag"] + 5 * np.log10(parallax) - 10}
