"""Product `mock_observations`: what was true of each star at each LAMOST visit."""

from __future__ import annotations

import vacframe as vf
from vacframe import Position, TableSchema, column
from vacframe.schemas.labels import APOGEE_LABELS
from vacframe.schemas.lamost import LAMOST_SPECTRA
from vacframe.schemas.parts import positions
from vacframe_mock_survey.columns import ISOCHRONE_COLUMNS, SAME, STAR_COLUMNS, changed
from vacframe_mock_survey.registry import plugin, shards

_STAR = {one.name: one for one in STAR_COLUMNS}

MOCK_OBSERVATIONS = TableSchema(
    description="The visits of a mock spectroscopic survey: what is true of the star at each",
    key="obsid",
    position=Position(epoch=2000.0),
    columns=(
        changed(LAMOST_SPECTRA["obsid"], "Identifier of the visit", ucd="meta.id;meta.main"),
        changed(_STAR["source_id"], ucd="meta.id"),
        *positions("J2000"),
        column("visit", "int16", "Number of the visit to this star, from 0", ucd="meta.number"),
        changed(LAMOST_SPECTRA["lmjd"], "Modified Julian day of the visit"),
        LAMOST_SPECTRA["snr_g"],
        changed(APOGEE_LABELS["rv"], "Heliocentric radial velocity at the visit, orbital motion included"),
        changed(APOGEE_LABELS["rv"], "Heliocentric radial velocity of the companion at the visit", name="companion_rv"),
        *(_STAR[name] for name in SAME if name != "source_id"),
    ),
)


@plugin.product(
    "mock_observations",
    table=MOCK_OBSERVATIONS,
    kind="source",
    needs=[vf.all_rows("isochrones", ISOCHRONE_COLUMNS)],
    method=vf.Method(libraries=("healpy", "gaiadr3-zeropoint")),
    files=shards,
)
def mock_observations(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Visits of the mock survey to its stars, with the truth at each: positions at J2000, dates, velocities, S/N."""
    from vacframe_mock_survey.method.drawing.stars import draw_shards, rows_within
    from vacframe_mock_survey.method.drawing.visits import observe

    drawn = [file.shard for file in inputs.files]
    stars, file = draw_shards(drawn, inputs["isochrones"], context.config, context.seed)
    visits, star = observe(stars, context.config, context.seed)
    table = {**visits, "_file": file[star], "_row": rows_within(file[star])}
    return vf.Result(table=table, counts={"repeats": int((visits["visit"] > 0).sum())})
