"""Product `lamost_spectra`: low-resolution spectra of the true stars."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.lamost import LAMOST_PIXELS, LAMOST_SPECTRA
from vacframe_mock_survey.columns import COMPANION, SPECTRAL_LABELS
from vacframe_mock_survey.registry import plugin


@plugin.product(
    "lamost_spectra",
    table=LAMOST_SPECTRA,
    needs=[
        vf.same(
            "mock_observations",
            [
                "obsid",
                "source_id",
                *SPECTRAL_LABELS,
                "rv",
                *COMPANION,
                "companion_rv",
                "ebv",
                "mag_r_sdss",
                "snr_g",
                "lmjd",
            ],
        )
    ],
    row_wise=True,
    resources=vf.Resources(row_bytes=12 * 8 * LAMOST_PIXELS),
    method=vf.Method(
        libraries=("numba",),
        config_fields=(
            "bad_pixel_fraction",
            "missing_header_fraction",
            "missing_redshift_fraction",
            "redshift_error",
            "sky_residual",
            "telluric_residual",
        ),
    ),
)
def lamost_spectra(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Mock LAMOST low-resolution spectra with noise, sky residuals, bad pixels and missing header facts."""
    from vacframe_mock_survey.method.lamost.exposures import observe

    table = observe(inputs["mock_observations"], context.config, context.rng)
    context.progress(len(table["obsid"]))
    return vf.Result(table=table, counts={"bad_pixels": int(table["mask"].sum())})
