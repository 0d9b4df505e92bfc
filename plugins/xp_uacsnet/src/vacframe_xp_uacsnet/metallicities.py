"""Products `xp_metallicities` and `xp_vmp_candidates`."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.gaia import GAIA_EPOCH
from vacframe.schemas.parts import measured
from vacframe_xp_uacsnet.features import IDENTITY, QUANTITIES
from vacframe_xp_uacsnet.flags import MEANING, Flag, describe
from vacframe_xp_uacsnet.registry import plugin

SHOWN = tuple(c for c in QUANTITIES if c.name not in ("g0", "z"))
"""Columns of Table 2 that come with the features: gl, gb, excess factor, BP_RP0, G, M_G, EBV, rgeo."""
ESTIMATE = (
    *measured("feh", "Metallicity [Fe/H] from UA-CSNet", unit="dex", ucd="phys.abund.Fe"),
    vf.column(
        "feh_spread", "float32", "Standard deviation of [Fe/H] over the members of the ensemble: epistemic error",
        unit="dex", ucd="stat.stdev;phys.abund.Fe",
    ),
    vf.column(
        "hull_distance", "float32",
        "Distance to the nearest training star in the components of the spectra; 1 is that of a remote training star",
        ucd="stat.value",
    ),
    vf.column("flags", "int16", describe(Flag(sum(MEANING))), ucd="meta.code", nullable=False),
    vf.column("reliable", "bool", "E(B-V) below reliable_ebv, and no flag that tells against the estimate",
              ucd="meta.code"),
    vf.column("reliable_error", "bool", "reliable, and G below reliable_magnitude", ucd="meta.code"),
)  # fmt: skip
METALLICITIES = vf.TableSchema(
    description="Metallicities of red giants from Gaia XP spectra (Table 2 of Yang et al. 2025)",
    key="source_id",
    position=vf.Position(epoch=GAIA_EPOCH),
    columns=(*IDENTITY, *SHOWN, *ESTIMATE),
)


@plugin.product(
    "xp_metallicities",
    table=METALLICITIES,
    needs=[
        vf.same("xp_features", ["source_id", "flux", "flux_error", *(c.name for c in SHOWN), "flags"], where="giant"),
        vf.all_rows("uacsnet_model"),
    ],
    row_wise=True,
    companions=("xp_calibration",),
    resources=vf.Resources(gpu="preferred", row_bytes=4_000),
    method=vf.Method(
        libraries=("keras", "tensorflow", "numpy", "scipy"),
        config_fields=("reliable_ebv", "reliable_magnitude", "hull_distance"),
        exactness="tolerance",
    ),
)
def xp_metallicities(inputs: Any, context: Any) -> vf.Result:
    """Metallicities of red giants with errors and flags."""
    from vacframe_xp_uacsnet.estimates import estimate_rows

    return estimate_rows(inputs["xp_features"], inputs["uacsnet_model"], context.config)


CANDIDATES = METALLICITIES.model_copy(
    update={"description": "Very metal-poor giants among the reliable estimates"}
).with_columns(
    [
        vf.column("vmp_class", "string", "EMP ([Fe/H] up to emp) or VMP (up to vmp)", ucd="src.class", nullable=False),
        vf.column("vmp_probability", "float32", "Probability of [Fe/H] up to vmp, for a Gaussian error",
                  ucd="stat.probability"),
    ]
)  # fmt: skip


@plugin.product(
    "xp_vmp_candidates",
    table=CANDIDATES,
    needs=[vf.same("xp_metallicities", METALLICITIES.names, where="reliable")],
    method=vf.Method(config_fields=("vmp", "emp")),
)
def xp_vmp_candidates(inputs: Any, context: Any) -> vf.Result:
    """Giants whose reliable metallicity is at most -2 (VMP) or -3 (EMP)."""
    from vacframe_xp_uacsnet.estimates import candidates

    return candidates(inputs["xp_metallicities"], context.config.vmp, context.config.emp)
