"""Gaia sources and XP spectra; names, units and UCDs are those of the Gaia DR3 archive."""

from __future__ import annotations

from vacframe.core.contract.schema import Column, Position, TableSchema, column
from vacframe.schemas.parts import identifier, measured, positions

GAIA_EPOCH = 2016.0
"""Reference epoch of Gaia DR3 positions, Julian years."""
XP_BASES = 55
"""Number of basis functions, hence of coefficients, of each of BP and RP."""
XP_CORRELATIONS = XP_BASES * (XP_BASES - 1) // 2
"""Number of elements in the strict upper triangle of the correlation matrix of the coefficients: 1485."""

_KEY = identifier("source_id", "Gaia source identifier, unique within a data release")
_POSITION = positions("epoch 2016.0")


def _correlation(first: str, second: str) -> Column:
    return column(f"{first}_{second}_corr", "float32", f"Correlation of {first} and {second}", ucd="stat.correlation")


def _band(band: str, ucd: str) -> tuple[Column, Column]:
    value, error = measured(
        f"phot_{band.lower()}_mean_mag", f"Mean magnitude in {band}", unit="mag", ucd=f"phot.mag;{ucd}"
    )
    note = f"{error.description}: 1.0857 over the archive's phot_{band.lower()}_mean_flux_over_error"
    return value, error.model_copy(update={"description": note})


GAIA_SOURCES = TableSchema(
    description="Gaia (E)DR3 sources: astrometry, photometry, radial velocity and the flags that selections need",
    key="source_id",
    position=Position(epoch=GAIA_EPOCH),
    columns=(
        _KEY,
        *_POSITION,
        *measured("parallax", "Parallax, no zero point removed", unit="mas", ucd="pos.parallax.trig", dtype="float64"),
        *measured(
            "pmra",
            "Proper motion in right ascension, cos(dec) included",
            unit="mas / yr",
            ucd="pos.pm;pos.eq.ra",
            dtype="float64",
        ),
        *measured("pmdec", "Proper motion in declination", unit="mas / yr", ucd="pos.pm;pos.eq.dec", dtype="float64"),
        _correlation("parallax", "pmra"),
        _correlation("parallax", "pmdec"),
        _correlation("pmra", "pmdec"),
        column("ruwe", "float32", "Renormalised unit weight error", ucd="stat.error"),
        column(
            "astrometric_params_solved",
            "int16",
            "Parameters solved for: 3 two, 31 five, 95 six (with pseudocolour)",
            ucd="meta.number",
        ),
        *_band("G", "em.opt"),
        *_band("BP", "em.opt.B"),
        *_band("RP", "em.opt.R"),
        column("phot_bp_rp_excess_factor", "float32", "BP/RP flux excess factor", ucd="arith.factor;phot.flux;em.opt"),
        column(
            "nu_eff_used_in_astrometry",
            "float32",
            "Effective wavenumber used in the astrometric solution (five-parameter solutions)",
            unit="1 / um",
            ucd="em.wavenumber",
        ),
        *measured(
            "pseudocolour",
            "Effective wavenumber estimated with the astrometry (six-parameter solutions)",
            unit="1 / um",
            ucd="em.wavenumber",
        ),
        column("ecl_lat", "float64", "Ecliptic latitude", unit="deg", ucd="pos.ecliptic.lat"),
        column(
            "ipd_gof_harmonic_amplitude",
            "float32",
            "Amplitude of the image fit's goodness of fit against the scan angle",
            ucd="stat.value",
        ),
        column(
            "ipd_frac_multi_peak",
            "int16",
            "Percentage of image fits that see more than one peak",
            ucd="stat.value",
        ),
        *measured(
            "radial_velocity", "Barycentric radial velocity", unit="km / s", ucd="spect.dopplerVeloc.opt;em.opt.I"
        ),
    ),
)


def _xp_columns(band: str) -> tuple[Column, ...]:
    name = band.upper()
    return (
        column(
            f"{band}_coefficients",
            "float64",
            f"Basis function coefficients of the {name} spectrum",
            length=XP_BASES,
            ucd="stat.fit.param",
        ),
        column(
            f"{band}_coefficient_errors",
            "float32",
            f"Errors of the {name} coefficients, as in the archive (they include {band}_standard_deviation)",
            length=XP_BASES,
            ucd="stat.error",
        ),
        column(
            f"{band}_coefficient_correlations",
            "float32",
            f"Correlations of the {name} coefficients: strict upper triangle of the matrix, in the archive's order",
            length=XP_CORRELATIONS,
            ucd="stat.correlation",
        ),
        column(f"{band}_n_relevant_bases", "int16", f"Number of {name} bases that are significant", ucd="meta.number"),
        column(
            f"{band}_relative_shrinking",
            "float32",
            f"Shrinking of the {name} coefficient vector when truncated to the relevant bases",
            ucd="stat.fit.param",
        ),
        column(
            f"{band}_standard_deviation",
            "float32",
            f"Standard deviation of the fit of the {name} spectrum",
            ucd="stat.stdev",
        ),
        column(f"{band}_n_measurements", "int16", f"Number of measurements behind {name}", ucd="meta.number"),
    )


GAIA_XP_SPECTRA = TableSchema(
    description="Gaia DR3 BP and RP mean spectra as basis function coefficients",
    key="source_id",
    position=Position(epoch=GAIA_EPOCH),
    columns=(_KEY, *_POSITION, *_xp_columns("bp"), *_xp_columns("rp")),
)
