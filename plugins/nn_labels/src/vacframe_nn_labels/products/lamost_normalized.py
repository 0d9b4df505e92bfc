"""The product `lamost_normalized`: rest-frame spectra divided by their pseudo-continuum."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.lamost import LAMOST_SPECTRA
from vacframe_nn_labels.columns import identity, spectrum_columns
from vacframe_nn_labels.config import NnLabelsConfig
from vacframe_nn_labels.registry import plugin


def normalized_schema(config: NnLabelsConfig) -> vf.TableSchema:
    """Return the schema of `lamost_normalized`."""
    spans = " and ".join(f"{low:g}-{high:g}" for low, high in config.windows)
    return vf.TableSchema(
        description=f"Rest-frame LAMOST spectra over their pseudo-continuum, {spans} Angstrom (vacuum), joined",
        key="obsid",
        position=vf.Position(epoch=2000.0),
        columns=(
            *identity(),
            vf.column("z", "float32", "Redshift that was taken out, from the survey's pipeline", ucd="src.redshift"),
            vf.column(
                "bad_fraction",
                "float32",
                "Fraction of bad pixels in the window that has most of them",
                ucd="meta.code.qual",
                minimum=0.0,
                maximum=1.0,
            ),
            *spectrum_columns(config),
        ),
    )


@plugin.product(
    "lamost_normalized",
    table=normalized_schema,
    needs=[
        vf.same(
            "lamost_spectra",
            [LAMOST_SPECTRA[name] for name in ("obsid", "snr_g", "z", "flux", "ivar", "mask")],
        )
    ],
    row_wise=True,
    resources=vf.Resources(row_bytes=20_000),
    method=vf.Method(
        libraries=("numba", "numpy"),
        config_fields=("windows", "median_pixels", "polynomial_degree", "max_bad_fraction"),
    ),
)
def lamost_normalized(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """LAMOST spectra shifted to the rest frame and divided by their pseudo-continuum."""
    from vacframe_nn_labels.method.normalisation import normalise_rows

    return normalise_rows(inputs["lamost_spectra"], context.config)
