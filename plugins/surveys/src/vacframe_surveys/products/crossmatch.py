"""Product `crossmatch`: the nearest Gaia source to each spectrum."""

from __future__ import annotations

import vacframe as vf
from vacframe.schemas.gaia import GAIA_EPOCH, GAIA_SOURCES
from vacframe.schemas.lamost import LAMOST_SPECTRA
from vacframe.schemas.models import CROSSMATCH
from vacframe_surveys.config import SurveysConfig
from vacframe_surveys.registry import plugin

GAIA_COLUMNS = tuple(GAIA_SOURCES[name] for name in ("source_id", "ra", "dec", "pmra", "pmdec"))


def crossmatch_needs(config: SurveysConfig) -> list[vf.Need]:
    """Return the needs: the observations, and Gaia as far around as a star can have moved."""
    observed = [LAMOST_SPECTRA[name] for name in ("obsid", "ra", "dec")]
    if config.crossmatch_date:
        observed.append(LAMOST_SPECTRA["lmjd"].model_copy(update={"name": config.crossmatch_date}))
    margin = config.crossmatch_radius + config.crossmatch_max_proper_motion * config.crossmatch_years
    return [
        vf.same(config.crossmatch_observations, observed),
        vf.sky("gaia_sources", GAIA_COLUMNS, margin=margin / 3600),
    ]


@plugin.product(
    "crossmatch",
    table=CROSSMATCH,
    needs=crossmatch_needs,
    row_wise=True,
    method=vf.Method(
        config_fields=(
            "crossmatch_radius",
            "crossmatch_observations",
            "crossmatch_date",
            "crossmatch_max_proper_motion",
            "crossmatch_years",
        )
    ),
)
def crossmatch(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Nearest Gaia source to each LAMOST observation, proper motion carried to J2000 and to the observation."""
    import numpy as np
    import pyarrow as pa

    from vacframe.astro.sky_match import MovingSources, nearest_moving

    config = context.config
    observed, gaia = inputs[config.crossmatch_observations], inputs["gaia_sources"]
    slow = np.hypot(*np.nan_to_num([gaia["pmra"], gaia["pmdec"]])) <= 1e3 * config.crossmatch_max_proper_motion
    gaia = gaia.take(slow)
    sources = MovingSources.of(gaia["ra"], gaia["dec"], gaia["pmra"], gaia["pmdec"], GAIA_EPOCH)
    dates = np.full(len(observed), np.nan)
    if config.crossmatch_date:
        days = observed[config.crossmatch_date]
        dates = np.where(observed.mask(config.crossmatch_date), np.nan, 2000.0 + (days - 51544.5) / 365.25)
    dates[np.abs(dates - GAIA_EPOCH) > config.crossmatch_years] = np.nan
    epochs = np.stack([np.full(len(observed), 2000.0), dates], axis=1)
    found = nearest_moving(
        observed["ra"], observed["dec"], epochs, sources, gaia["source_id"], config.crossmatch_radius
    )
    matched = found.row >= 0
    source_id = np.zeros(len(observed), dtype=np.int64)
    source_id[matched] = gaia["source_id"][found.row[matched]]
    table = {
        "source_id": pa.array(source_id, mask=~matched),
        "separation": found.separation.astype(np.float32),
        "match_epoch": found.epoch.astype(np.float32),
        "n_candidates": np.minimum(found.candidates, 32767).astype(np.int16),
    }
    counts = {
        "matched": int(matched.sum()),
        "no_source_within_radius": int((~matched).sum()),
        "several_sources_within_radius": int((found.candidates > 1).sum()),
        "matched_at_the_observation": int((matched & (found.epoch != 2000.0)).sum()),
        "without_a_usable_date": int(np.isnan(dates).sum()),
    }
    return vf.Result(table, counts=counts)
