"""Product `gaia_xp_spectra`: low-dispersion spectra of the true stars as the Gaia archive delivers them."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.gaia import GAIA_XP_SPECTRA
from vacframe_mock_survey.columns import COMPANION, SPECTRAL_LABELS
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "gaia_xp_spectra",
    table=GAIA_XP_SPECTRA,
    needs=[vf.same("mock_truth", ["source_id", *SPECTRAL_LABELS, *COMPANION, "ebv", "mag_g", "mag_bp", "mag_rp"])],
    row_wise=True,
    resources=vf.Resources(row_bytes=120_000),
    method=vf.Method(libraries=("numba", "GaiaXPy"), config_fields=("xp_faintest", "xp_missing_band_fraction")),
)
def gaia_xp_spectra(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Mock Gaia XP coefficients with errors and correlations; GaiaXPy's synthetic G, BP - RP are the star's."""
    from vacframe_mock_survey.method.gaia.xp_coefficients import spectra

    stars = inputs["mock_truth"]
    table = spectra(stars, context.config, context.rng)
    rejects = vf.Rejects()
    unknown = stars["source_id"][stars["mag_g"] != stars["mag_g"]]
    rejects.add("no_magnitude", "G is null in mock_truth, expected a magnitude", keys=unknown)
    context.progress(len(table["source_id"]))
    missing = sum(int(table[f"{band}_n_measurements"].mask.sum()) for band in ("bp", "rp"))
    return vf.Result(table=table, rejects=rejects, counts={"missing_bands": missing})
