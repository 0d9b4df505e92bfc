"""The product `zp_candidates`: stars with a distance and a Gaia parallax, and which cuts they fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.models import CROSSMATCH
from vacframe.schemas.photometry import PHOTOMETRY
from vacframe_parallax_zp.columns import candidates_schema, distance_columns, label_columns
from vacframe_parallax_zp.config import ParallaxZpConfig
from vacframe_parallax_zp.registry import plugin

_GAIA = (
    "source_id",
    "parallax",
    "parallax_error",
    "astrometric_params_solved",
    "phot_g_mean_mag",
    "phot_bp_mean_mag",
    "phot_rp_mean_mag",
    "nu_eff_used_in_astrometry",
    "pseudocolour",
    "ecl_lat",
    "ruwe",
)


def _gaia_columns(config: ParallaxZpConfig) -> list[vf.Column]:
    off = set()
    if config.cuts.bp_rp is None:
        off |= {"phot_bp_mean_mag", "phot_rp_mean_mag"}
    if config.cuts.maximum_ruwe is None:
        off.add("ruwe")
    return [GAIA_SOURCES[name] for name in _GAIA if name not in off]


def _needs(config: ParallaxZpConfig) -> Iterator[vf.Need]:
    distances, gaia = config.distances, _gaia_columns(config)
    zero_points = ["source_id", "zero_point"]
    if distances.of_spectra:
        yield vf.same("crossmatch", [CROSSMATCH[n] for n in ("obsid", "ra", "dec", "source_id")])
        yield vf.by_key("gaia_sources", gaia, on="source_id")
        yield vf.by_key("gaia_parallax_l21", zero_points, on="source_id")
    else:
        yield vf.same("gaia_sources", [*gaia, GAIA_SOURCES["ra"], GAIA_SOURCES["dec"]])
        yield vf.same("gaia_parallax_l21", zero_points)
    own = label_columns(distances) if distances.labels_product == distances.product else ()
    yield _of_key(distances.product, distances.key, (*distance_columns(distances), *own))
    if distances.labels_product not in (None, distances.product):
        yield _of_key(distances.labels_product, distances.labels_key, label_columns(distances))
    if config.cuts.maximum_ks_error is not None:
        yield _of_key("photometry", "source_id", [PHOTOMETRY["ks_error"]])


def _of_key(product: str | None, key: str, columns: Iterable[vf.Column]) -> vf.Need:
    """Return the need of columns of a product of spectra, which lie as the crossmatch does, or of stars."""
    if key == "obsid":
        return vf.same(str(product), list(columns))
    return vf.by_key(str(product), [GAIA_SOURCES["source_id"], *columns], on="source_id")


@plugin.product(
    "zp_candidates",
    table=candidates_schema,
    needs=_needs,
    row_wise=True,
    resources=vf.Resources(row_bytes=400),
    method=vf.Method(libraries=("numpy",), config_fields=("distances", "cuts")),
)
def zp_candidates(inputs: vf.Inputs, context: vf.Context) -> vf.Result:
    """Stars with a distance and a Gaia parallax: offsets of the parallax, and which cuts the star fails."""
    from vacframe_parallax_zp.method.giant_selection import candidates

    return candidates(inputs, context.config)
