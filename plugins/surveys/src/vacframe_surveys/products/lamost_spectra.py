"""Product `lamost_spectra`."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.lamost import LAMOST_SPECTRA
from vacframe_surveys.registry import plugin


@plugin.product(
    "lamost_spectra",
    table=LAMOST_SPECTRA,
    kind="source",
    citation="Cui et al. 2012, RAA 12, 1197; Luo et al. 2015, RAA 15, 1095",
    method=vf.Method(config_fields=("plan_numbers",)),
    files=vf.Files(formats=("fits",)),
)
def lamost_spectra(inputs: vf.Inputs, context: vf.Context) -> Any:
    """LAMOST low-resolution spectra from FITS files of any data release, on the survey's grid."""
    from vacframe_surveys.readers.lamost_rows import read_lamost_rows

    return read_lamost_rows(inputs.files, context.config.plan_numbers)
