"""Product `xp_vmp_candidates`: the very metal-poor giants among the reliable estimates."""

from __future__ import annotations

import vacframe as vf
from vacframe_xp_uacsnet.products.xp_metallicities import METALLICITIES
from vacframe_xp_uacsnet.registry import plugin

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
def xp_vmp_candidates(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Giants whose reliable metallicity is at most -2 (VMP) or -3 (EMP)."""
    from vacframe_xp_uacsnet.method.metallicity_estimates import candidates

    return candidates(inputs["xp_metallicities"], context.config.vmp, context.config.emp)
