"""Schemas of the shared source products: declarations only, no numerics.

`SOURCES` holds each by the name of its product. A plugin that provides or reads one of these products takes
the schema, or single columns, from here, so that all agree on names, types and units.
"""

from __future__ import annotations

from vacframe.core.contract.schema import TableSchema
from vacframe.schemas.gaia import GAIA_SOURCES, GAIA_XP_SPECTRA
from vacframe.schemas.labels import (
    APOGEE_LABELS,
    ASTEROSEISMIC_LABELS,
    CLUSTER_MEMBERS,
    PASTEL_LABELS,
    REFERENCE_LABELS,
    SAGA_LABELS,
    reference_labels,
)
from vacframe.schemas.lamost import LAMOST_SPECTRA, LAMOST_STARS
from vacframe.schemas.models import CROSSMATCH, DUST_3D, ISOCHRONES, REDDENING_MAP
from vacframe.schemas.photometry import GEOMETRIC_DISTANCES, PHOTOMETRY

SOURCES: dict[str, TableSchema] = {
    "gaia_sources": GAIA_SOURCES,
    "gaia_xp_spectra": GAIA_XP_SPECTRA,
    "lamost_spectra": LAMOST_SPECTRA,
    "lamost_stars": LAMOST_STARS,
    "photometry": PHOTOMETRY,
    "geometric_distances": GEOMETRIC_DISTANCES,
    "apogee_labels": APOGEE_LABELS,
    "pastel_labels": PASTEL_LABELS,
    "saga_labels": SAGA_LABELS,
    "reference_labels": REFERENCE_LABELS,
    "asteroseismic_labels": ASTEROSEISMIC_LABELS,
    "cluster_members": CLUSTER_MEMBERS,
    "isochrones": ISOCHRONES,
    "reddening_map": REDDENING_MAP,
    "dust_3d": DUST_3D,
    "crossmatch": CROSSMATCH,
}
"""Product name → schema."""

__all__ = [
    "APOGEE_LABELS",
    "ASTEROSEISMIC_LABELS",
    "CLUSTER_MEMBERS",
    "CROSSMATCH",
    "DUST_3D",
    "GAIA_SOURCES",
    "GAIA_XP_SPECTRA",
    "GEOMETRIC_DISTANCES",
    "ISOCHRONES",
    "LAMOST_SPECTRA",
    "LAMOST_STARS",
    "PASTEL_LABELS",
    "PHOTOMETRY",
    "REDDENING_MAP",
    "REFERENCE_LABELS",
    "SAGA_LABELS",
    "SOURCES",
    "reference_labels",
]
