"""The product `gaia_parallax_l21`: parallaxes corrected after Lindegren et al. (2021b)."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe_parallax_zp.registry import plugin

ZERO_POINT_INPUTS = (
    "phot_g_mean_mag",
    "nu_eff_used_in_astrometry",
    "pseudocolour",
    "ecl_lat",
    "astrometric_params_solved",
)
"""Columns of `gaia_sources` that the zero point is a function of."""

GAIA_PARALLAX_L21 = vf.TableSchema(
    description="Gaia parallaxes corrected for the zero point of Lindegren et al. (2021b, A&A 649, A4)",
    key="source_id",
    position=GAIA_SOURCES.position,
    columns=(
        *(GAIA_SOURCES[name] for name in ("source_id", "ra", "dec")),
        vf.column(
            "zero_point",
            "float64",
            "Zero point of the parallax; null where zero_point_flag has bit 4 or 8",
            unit="mas",
            ucd="pos.parallax;arith.diff",
        ),
        vf.column("parallax_corrected", "float64", "parallax - zero_point", unit="mas", ucd="pos.parallax.trig"),
        vf.column(
            "zero_point_flag",
            "int8",
            "0 within the calibrated range, else a sum of: 1 G not within 6 to 21; 2 nu_eff not within 1.1 to 1.9 "
            "(five parameters) or pseudocolour not within 1.24 to 1.72 (six); 4 an input is missing; 8 neither five "
            "nor six parameters were solved for",
            ucd="meta.code.qual",
            nullable=False,
            minimum=0,
            maximum=15,
        ),
    ),
)


@plugin.product(
    "gaia_parallax_l21",
    table=GAIA_PARALLAX_L21,
    needs=[vf.same("gaia_sources", [GAIA_SOURCES[n] for n in ZERO_POINT_INPUTS], maybe=[GAIA_SOURCES["parallax"]])],
    row_wise=True,
    citation="Lindegren, L., Bastian, U., Biermann, M., et al. 2021, A&A 649, A4",
    resources=vf.Resources(row_bytes=100),
    method=vf.Method(libraries=("numba", "numpy"), config_fields=()),
)
def gaia_parallax_l21(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Gaia parallaxes corrected for the zero point after Lindegren et al. (2021b), every source kept and flagged."""
    from vacframe_parallax_zp.method.lindegren_2021 import NO_INPUT, NO_SOLUTION, zero_points

    sources = inputs["gaia_sources"]
    found = zero_points(*(sources[name] for name in ZERO_POINT_INPUTS))
    counts = {
        "no five- or six-parameter solution": int((found.flag & NO_SOLUTION != 0).sum()),
        "zero point's input missing": int((found.flag & NO_INPUT != 0).sum()),
        "outside the calibrated range": int((found.flag & 3 != 0).sum()),
    }
    table = {
        "zero_point": found.value,
        "parallax_corrected": sources["parallax"] - found.value,
        "zero_point_flag": found.flag,
    }
    return vf.Result(table, counts=counts)
