"""Labels of stars from elsewhere: to train on, and to compare with."""

from __future__ import annotations

from typing import Literal

from vacframe.core.contract.schema import Column, Position, TableSchema, column
from vacframe.schemas.parts import identifier, measured, positions

_KEY = identifier("source_id", "Gaia source identifier of the star")
_POSITION = positions("as the file gives it")
_ANY_EPOCH = Position(epoch=None)
_TEFF = measured("teff", "Effective temperature", unit="K", ucd="phys.temperature.effective")
_LOGG = measured("logg", "Surface gravity, log10 of cm s-2", unit="dex", ucd="phys.gravity")
_FEH = measured("feh", "Iron abundance [Fe/H]", unit="dex", ucd="phys.abund.Fe")
_C_FE = measured("c_fe", "Carbon abundance [C/Fe]", unit="dex", ucd="phys.abund")
_REFERENCE = (
    column("bibcode", "string", "Bibliographic code of the paper behind the labels", ucd="meta.bib.bibcode"),
    column("year", "int16", "Year of that paper", unit="yr", ucd="time.publiYear"),
)
_RESOLUTION = column("resolution", "float32", "Resolving power of the spectrum", ucd="spect.resolution")
_SNR = column("snr", "float32", "Signal-to-noise ratio of the spectrum", ucd="stat.snr")


def _table(description: str, *columns: Column) -> TableSchema:
    return TableSchema(
        description=description, key="source_id", position=_ANY_EPOCH, columns=(_KEY, *_POSITION, *columns)
    )


APOGEE_LABELS = _table(
    "Stellar labels from APOGEE's ASPCAP pipeline",
    column("apogee_id", "string", "APOGEE (2MASS) name", ucd="meta.id"),
    _SNR,
    *_TEFF,
    *_LOGG,
    *_FEH,
    *measured("mh", "Metallicity [M/H]", unit="dex", ucd="phys.abund.Z"),
    *measured("alpha_m", "Abundance of alpha elements [alpha/M]", unit="dex", ucd="phys.abund"),
    *_C_FE,
    *measured("n_fe", "Nitrogen abundance [N/Fe]", unit="dex", ucd="phys.abund"),
    *measured("rv", "Heliocentric radial velocity", unit="km / s", ucd="spect.dopplerVeloc"),
    column("aspcapflag", "int64", "Bits of ASPCAPFLAG (7: star warning; 23: star bad)", ucd="meta.code.qual"),
    column("starflag", "int64", "Bits of STARFLAG", ucd="meta.code.qual"),
)

PASTEL_LABELS = _table(
    "High-resolution spectroscopic labels from the literature, as compiled in PASTEL (Soubiran et al. 2016)",
    column("name", "string", "Name of the star in the compilation", ucd="meta.id"),
    *_TEFF,
    *_LOGG,
    *_FEH,
    *_REFERENCE,
    _RESOLUTION,
    _SNR,
)

SAGA_LABELS = _table(
    "High-resolution spectroscopic labels of metal-poor stars from the SAGA database (Suda et al. 2008)",
    column("name", "string", "Name of the star in the database", ucd="meta.id"),
    *_TEFF,
    *_LOGG,
    *_FEH,
    *_C_FE,
    column("object_class", "string", "Class in the database (EMP, CEMP-s, RGB, ...)", ucd="src.class"),
    *_REFERENCE,
    _RESOLUTION,
    _SNR,
)


def reference_labels(key: Literal["obsid", "source_id"] = "obsid") -> TableSchema:
    """Return the schema of `reference_labels` keyed by LAMOST observation or by Gaia source.

    The table is open: whatever labels (``teff``, ``feh``, ...) and errors the user's file has are its
    further columns, with the units that the file or the configuration states.
    """
    names = {"obsid": "LAMOST identifier of the observation", "source_id": "Gaia source identifier of the star"}
    return TableSchema(
        description="Labels to train on, with errors; columns beyond these are the user's own",
        key=key,
        position=_ANY_EPOCH,
        open=True,
        columns=(
            *(identifier(name, text, nullable=name != key) for name, text in names.items()),
            *_POSITION,
            column("snr_g", "float32", "Mean signal-to-noise ratio per pixel in g", ucd="stat.snr"),
        ),
    )


REFERENCE_LABELS = reference_labels()
"""Keyed by obsid. A user's table without obsid is keyed by source_id: `reference_labels` ``("source_id")``."""

ASTEROSEISMIC_LABELS = _table(
    "Masses, ages and surface gravities from asteroseismology, to validate against",
    column("name", "string", "Name of the star (KIC, EPIC, TIC)", ucd="meta.id"),
    *measured("mass", "Present mass", unit="solMass", ucd="phys.mass"),
    *measured("age", "Age", unit="Gyr", ucd="time.age"),
    *_LOGG,
    *_TEFF,
    *_FEH,
    *measured("nu_max", "Frequency of maximum oscillation power", unit="uHz", ucd="src.var.pulse"),
    *measured("delta_nu", "Large frequency separation", unit="uHz", ucd="src.var.pulse"),
    column("evolutionary_state", "string", "Red giant branch (RGB) or core helium burning (RC)", ucd="src.class"),
)

CLUSTER_MEMBERS = _table(
    "Members of star clusters with the cluster's literature age and metallicity, to validate against",
    column("cluster", "string", "Name of the cluster", ucd="meta.id.parent"),
    column("probability", "float32", "Membership probability, 0 to 1", ucd="meta.code.member"),
    *measured("age", "Literature age of the cluster", unit="Gyr", ucd="time.age"),
    *_FEH,
    *measured("distance", "Literature distance of the cluster", unit="kpc", ucd="pos.distance"),
)
