"""Product `xp_metallicities`: [Fe/H] of red giants, Table 2 of the paper."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.gaia import GAIA_EPOCH
from vacframe.schemas.parts import measured
from vacframe_xp_uacsnet.columns import IDENTITY, SHOWN
from vacframe_xp_uacsnet.flags import MEANING, Flag, describe
from vacframe_xp_uacsnet.registry import plugin

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
        exactness=vf.Exactness.tolerance,
    ),
)
def xp_metallicities(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Metallicities of red giants with errors and flags."""
    from vacframe_xp_uacsnet.method.metallicity_estimates import estimate_rows

    return estimate_rows(inputs["xp_features"], inputs["uacsnet_model"], context.config)
