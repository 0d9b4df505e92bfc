"""The fourteen photometric bands: where their magnitudes are, and what their absolute magnitudes are called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.models import REDDENING_MAP
from vacframe.schemas.photometry import PHOTOMETRY

Band = Literal[
    "g", "bp", "rp", "j", "h", "ks", "w1", "w2", "b_apass", "v_apass", "r_apass", "g_sdss", "r_sdss", "i_sdss"
]  # fmt: skip
Survey = Literal["gaia", "twomass", "wise", "apass", "sdss"]

LABELS: dict[str, Band] = {
    "m_g": "g",
    "m_bp": "bp",
    "m_rp": "rp",
    "m_j": "j",
    "m_h": "h",
    "m_ks": "ks",
    "m_w1": "w1",
    "m_w2": "w2",
    "m_b": "b_apass",
    "m_v": "v_apass",
    "m_r_apass": "r_apass",
    "m_g_sdss": "g_sdss",
    "m_r_sdss": "r_sdss",
    "m_i_sdss": "i_sdss",
}
"""Absolute magnitude → band (section 3.3 of the paper)."""
SURVEYS: dict[str, Survey] = {
    "g": "gaia",
    "bp": "gaia",
    "rp": "gaia",
    "j": "twomass",
    "h": "twomass",
    "ks": "twomass",
    "w1": "wise",
    "w2": "wise",
    "b_apass": "apass",
    "v_apass": "apass",
    "r_apass": "apass",
    "g_sdss": "sdss",
    "r_sdss": "sdss",
    "i_sdss": "sdss",
}
"""Band → the survey that measured it."""

REDDENING_COLUMNS = tuple(REDDENING_MAP[name] for name in ("healpix", "healpix_order", "ebv"))
"""What is read of `reddening_map`."""


def band_column(band: str) -> tuple[str, str]:
    """Return the product and the column that hold a band's magnitude; its error is ``<column>_error``."""
    return ("gaia_sources", f"phot_{band}_mean_mag") if SURVEYS.get(band) == "gaia" else ("photometry", band)


def magnitude_ucd(band: str) -> str:
    """Return the UCD of an absolute magnitude."""
    (column, _), *_ = magnitude_columns([band]).values()
    return (column.ucd or "").replace("phot.mag", "phys.magAbs")


def magnitude_columns(bands: Iterable[str]) -> dict[str, tuple[vf.Column, ...]]:
    """Return, for `gaia_sources` and `photometry`, the columns that magnitudes and errors of the bands are read of."""
    schemas = {"gaia_sources": GAIA_SOURCES, "photometry": PHOTOMETRY}
    found: dict[str, list[vf.Column]] = {}
    for band in dict.fromkeys(bands):
        product, name = band_column(band)
        found.setdefault(product, []).extend(schemas[product][n] for n in (name, f"{name}_error"))
    return {product: tuple(columns) for product, columns in found.items()}


def magnitude_needs(bands: Iterable[str]) -> list[vf.Need]:
    """Return the needs that bring the magnitudes of the Gaia sources of a product's own rows."""
    return [
        vf.by_key(product, ["source_id", *columns], on="source_id")
        for product, columns in magnitude_columns(bands).items()
    ]
