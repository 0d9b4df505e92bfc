"""Product `gaia_xp_spectra`."""

from __future__ import annotations

from typing import Any

import vacframe as vf
from vacframe.schemas.gaia import GAIA_XP_SPECTRA
from vacframe_surveys.registry import plugin

FORMATS = ("csv", "ecsv", "fits", "votable", "parquet", "hats", "")
"""All formats of tables; "" is what the core does not know: Avro, and files that the reader then refuses by name."""


@plugin.product(
    "gaia_xp_spectra",
    table=GAIA_XP_SPECTRA,
    kind="source",
    citation="De Angeli et al. 2023, A&A 674, A2; Montegriffo et al. 2023, A&A 674, A3",
    method=vf.Method(config_fields=()),
    files=vf.Files(formats=FORMATS),
)
def gaia_xp_spectra(inputs: vf.Inputs, context: vf.Context) -> Any:
    """Gaia DR3 XP spectra as basis function coefficients, from files of any form of the archive."""
    from vacframe_surveys.readers.xp_rows import read_xp_rows

    return read_xp_rows(inputs.files)
