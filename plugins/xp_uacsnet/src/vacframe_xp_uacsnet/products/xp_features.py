"""Product `xp_features`: the network's input, and what selects the stars."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe.schemas.gaia import GAIA_EPOCH, GAIA_SOURCES
from vacframe.schemas.models import REDDENING_MAP
from vacframe.schemas.photometry import GEOMETRIC_DISTANCES
from vacframe_xp_uacsnet.columns import (
    EXCESS,
    FEATURE_FLAGS,
    IDENTITY,
    PHOTOMETRY,
    QUANTITIES,
    SPECTRUM,
    SPECTRUM_STARS,
    pixel_fluxes,
)
from vacframe_xp_uacsnet.config import XpUacsnetConfig
from vacframe_xp_uacsnet.registry import plugin

FIELDS = (
    "photometry", "reddening", "distance", "giant_cut", "correction", "r_v_curve", "e4455", "band_extinction",
    "pixels", "normalise", "excess", "excess_cut", "colour", "giant_magnitude", "giant_logg", "minimum_height",
    "training_where",
)  # fmt: skip
"""Configuration fields that the product reads."""


def features_schema(config: XpUacsnetConfig) -> vf.TableSchema:
    """Return the schema of `xp_features`."""
    return vf.TableSchema(
        description="Dereddened XP spectra in a few pixels, normalised near 550 nm, and the selection of giants",
        key="source_id",
        position=vf.Position(epoch=GAIA_EPOCH),
        columns=(
            *IDENTITY,
            *pixel_fluxes(len(config.pixels)),
            *QUANTITIES,
            vf.column("giant", "bool", "Fulfils cuts 1 to 3: photometry, red giant, height", ucd="meta.code"),
            vf.column("for_training", "bool", "Fulfils all cuts of training and test stars", ucd="meta.code"),
            FEATURE_FLAGS,
        ),
    )


def _needs(config: XpUacsnetConfig) -> Iterator[vf.Need]:
    star = {c.name: c for c in SPECTRUM_STARS}
    measured = [*PHOTOMETRY, *([EXCESS] if config.excess_cut else [])]
    measured += ["parallax"] if config.distance == "parallax" else []
    own = ["ebv"] if config.reddening == "xp_sampled" else []
    own += ["logg"] if config.giant_cut == "logg" else []
    own += measured if config.photometry == "xp_sampled" else []
    yield vf.same("xp_sampled", ["source_id", "ra", "dec", *SPECTRUM, *(star[n] for n in own)])
    if config.photometry == "gaia_sources":
        columns: list[str | vf.Column] = ["source_id", *(GAIA_SOURCES[n] for n in ("ra", "dec", *measured))]
        yield vf.by_key("gaia_sources", columns, on="source_id")
    if config.distance == "geometric_distances":
        yield vf.by_key("geometric_distances", ["source_id", GEOMETRIC_DISTANCES["r_med_geo"]], on="source_id")
    if config.reddening == "reddening_map":
        yield vf.all_rows("reddening_map", [REDDENING_MAP[n] for n in ("healpix", "healpix_order", "ebv")])
    if config.correction:
        yield vf.all_rows("xp_correction_tables", ["table", "row", "values"])


@plugin.product(
    "xp_features",
    table=features_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=8_000),
    method=vf.Method(libraries=("numpy", "numba", "XP_Extinction_Toolkit"), config_fields=FIELDS),
)
def xp_features(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Median fluxes of XP spectra in 60 ranges, corrected, dereddened, normalised near 550 nm; cuts of section 2.3."""
    from vacframe_xp_uacsnet.method.spectral_features import make_features

    return make_features(inputs, context.config)
