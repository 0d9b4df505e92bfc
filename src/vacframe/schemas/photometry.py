"""Broad-band photometry from 2MASS, WISE, APASS and SDSS, and geometric distances, keyed by Gaia source."""

from __future__ import annotations

from vacframe.core.contract.schema import Position, TableSchema, column
from vacframe.schemas.parts import identifier, measured, positions

BANDS: dict[str, tuple[str, str]] = {
    "j": ("2MASS J", "em.IR.J"),
    "h": ("2MASS H", "em.IR.H"),
    "ks": ("2MASS Ks", "em.IR.K"),
    "w1": ("WISE W1", "em.IR.3-4um"),
    "w2": ("WISE W2", "em.IR.4-8um"),
    "b_apass": ("APASS B", "em.opt.B"),
    "v_apass": ("APASS V", "em.opt.V"),
    "r_apass": ("APASS r", "em.opt.R"),
    "g_sdss": ("SDSS g", "em.opt.B"),
    "r_sdss": ("SDSS r", "em.opt.R"),
    "i_sdss": ("SDSS i", "em.opt.I"),
}
"""Name, survey and filter, and UCD of each band. With Gaia's G, BP and RP these are the fourteen of `nn_labels`."""

_KEY = identifier("source_id", "Gaia source identifier of the counterpart")

PHOTOMETRY = TableSchema(
    description="Magnitudes in 2MASS, WISE, APASS and SDSS bands; Vega for 2MASS, WISE, B and V, AB for g, r, i",
    key="source_id",
    position=Position(epoch=None),
    columns=(
        _KEY,
        *positions("as the file gives it"),
        *(
            col
            for name, (label, ucd) in BANDS.items()
            for col in measured(name, f"{label} magnitude, not dereddened", unit="mag", ucd=f"phot.mag;{ucd}")
        ),
    ),
)

GEOMETRIC_DISTANCES = TableSchema(
    description="Geometric distances from parallaxes (Bailer-Jones et al. 2021)",
    key="source_id",
    position=Position(epoch=2016.0),
    columns=(
        _KEY,
        *positions("epoch 2016.0"),
        column("r_med_geo", "float32", "Median of the distance posterior", unit="pc", ucd="pos.distance"),
        column("r_lo_geo", "float32", "16th percentile of it", unit="pc", ucd="pos.distance;stat.min"),
        column("r_hi_geo", "float32", "84th percentile of it", unit="pc", ucd="pos.distance;stat.max"),
    ),
)
