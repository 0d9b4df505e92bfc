"""Columns of `isochrone_observables` and `bayes_isochrone`, the bits of the flag, and columns that products share."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

import vacframe as vf
from vacframe.schemas.parts import identifier, measured, positions

if TYPE_CHECKING:
    from vacframe_bayes_isochrone.config import BayesIsochroneConfig


class Flag(IntFlag):
    """Bits of the column ``flag`` of `bayes_isochrone`."""

    NO_PARALLAX = 1
    FEWER_BANDS = 2
    NO_PHOTOMETRY = 4
    NO_LABEL = 8
    OUTSIDE_GRID = 16
    NO_SOLUTION = 32
    POOR_FIT = 64
    AGE_EDGE = 128
    MH_EDGE = 256
    NOT_GIANT = 512
    FEW_POINTS = 1024
    NO_DUST_MAP = 2048
    AV_EDGE = 4096


FLAG_TEXT = (
    "Sum of: 1 no parallax; 2 a magnitude is missing; 4 all are, no estimate; 8 Teff, log g or [Fe/H] is missing (what "
    "has no positive error counts as missing); 16 no model near labels, colours and parallax within the largest A_V, "
    "no estimate; 32 none agrees with them, no estimate; 64 poor fit; "
    "128 the posterior runs into the first or last age of the grid; 256 into its first or last metallicity; "
    "512 log g is not that of a giant or subgiant: mass and age mean little; 1024 the models are sparser than the "
    "errors; 2048 no map of the dust here; 4096 A_V is within two errors of the largest that the prior allows"
)
LABELS: tuple[vf.Column, ...] = (
    *measured("teff", "Effective temperature", unit="K", ucd="phys.temperature.effective"),
    *measured("logg", "Surface gravity, log10 of cm s-2", unit="dex", ucd="phys.gravity"),
    *measured("feh", "Iron abundance [Fe/H], which stands for [M/H]", unit="dex", ucd="phys.abund.Fe"),
)
PARALLAX: tuple[vf.Column, ...] = measured(
    "parallax", "Parallax, zero point removed", unit="mas", ucd="pos.parallax.trig", dtype="float64"
)
QUALITY = vf.column(
    "quality",
    "float32",
    "Quality of the labels, by default the S/N of the spectrum in g; null where unknown",
    ucd="stat.value",
)
HEAD: tuple[vf.Column, ...] = (
    identifier("source_id", "Gaia source identifier of the star"),
    *positions("as the catalogue that anchors the star gives it"),
)
CLUSTER = vf.column("cluster", "string", "Name of the cluster", ucd="meta.id.parent")
CLUSTER_AGE = vf.column("age_reference", "float32", "Literature age of the cluster", unit="Gyr", ucd="time.age")
GAIA_BANDS = {"g": "phot_g_mean_mag", "bp": "phot_bp_mean_mag", "rp": "phot_rp_mean_mag"}
"""Bands whose magnitudes lie in `gaia_sources`; the others are columns of `photometry`."""
PARALLAX_COLUMNS = {
    "gaia_parallax_l21": ("parallax_corrected", None),
    "gaia_parallax_spatial": ("parallax_spatial", "parallax_spatial_error"),
    "gaia_sources": ("parallax", "parallax_error"),
}
"""Product → columns of the parallax and its error; None is that of `gaia_sources`."""
REFERENCES = {"asteroseismic_labels": ("mass", "age"), "cluster_members": ("age", "distance")}
"""Product with reference values → which quantities it has."""
COMPARED = ("mass", "age", "distance")
"""Quantities of which there are reference values."""


def band_columns(config: BayesIsochroneConfig) -> tuple[vf.Column, ...]:
    """Return magnitude and error of each band."""
    return tuple(
        c
        for name in config.band_names
        for c in measured(name, f"Magnitude in {name}, not dereddened", unit="mag", ucd="phot.mag")
    )


def observables_schema(config: BayesIsochroneConfig) -> vf.TableSchema:
    """Return the schema of `isochrone_observables`."""
    return vf.TableSchema(
        description="What stars are compared with isochrones by; any may be missing",
        key="source_id",
        position=vf.Position(epoch=None),
        columns=(*HEAD, *LABELS, *band_columns(config), *PARALLAX, QUALITY),
    )


QUANTITIES: dict[str, tuple[str, str | None, str]] = {
    "distance": ("Distance", "kpc", "pos.distance"),
    "av": ("Extinction A_V", "mag", "phys.absorption;em.opt.V"),
    "mass": ("Present mass", "solMass", "phys.mass"),
    "age": ("Age", "Gyr", "time.age"),
}
"""What is estimated: description, unit, UCD."""
PERCENTILES = (16, 50, 84)


def _estimate(name: str, percentiles: tuple[int, ...]) -> tuple[vf.Column, ...]:
    text, unit, ucd = QUANTITIES[name]
    return (
        vf.column(name, "float32", f"{text}: mean of the posterior", unit=unit, ucd=f"{ucd};stat.mean"),
        vf.column(f"{name}_error", "float32", f"{text}: standard deviation", unit=unit, ucd=f"stat.stdev;{ucd}"),
        *(vf.column(f"{name}_{p}", "float32", f"{text}: {p}th percentile", unit=unit, ucd=ucd) for p in percentiles),
    )


def estimates_schema(config: BayesIsochroneConfig) -> vf.TableSchema:
    """Return the schema of `bayes_isochrone`."""
    return vf.TableSchema(
        description="Distance, extinction, mass and age from isochrones, as moments and percentiles of the posterior",
        key="source_id",
        position=vf.Position(epoch=None),
        columns=(
            *HEAD,
            *(c for name in QUANTITIES for c in _estimate(name, PERCENTILES if config.percentiles else ())),
            vf.column("chi2", "float32", "chi2 of the most probable model point", ucd="stat.fit.chi2"),
            vf.column("n_observables", "int16", "Number of observables that were compared", ucd="meta.number"),
            vf.column("n_effective", "float32", "Effective number of model points", ucd="stat.value"),
            vf.column("n_points", "int32", "Number of model points near the star", ucd="meta.number"),
            *(
                vf.column(f"p_{name}", "float32", f"Probability of the component {name}", ucd="stat.probability")
                for name in config.component_names
            ),
            vf.column("flag", "int16", FLAG_TEXT, ucd="meta.code.qual", nullable=False, minimum=0),
        ),
    )
