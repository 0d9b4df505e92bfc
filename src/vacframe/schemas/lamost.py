"""LAMOST low-resolution spectra and the survey's own stellar parameters."""

from __future__ import annotations

from vacframe.core.contract.schema import Column, Position, TableSchema, column

LOGLAM_FIRST = 3.5682
"""log10 of the first pixel's wavelength (vacuum, Angstrom): 3700.0 Å; COEFF0 of the survey's spectra."""
LOGLAM_STEP = 1e-4
"""Step of the grid in log10 wavelength; COEFF1 of the survey's spectra."""
LAMOST_PIXELS = 3909
"""Number of pixels of the grid; the last one is at 9099 Å."""

_SNR = tuple(
    column(f"snr_{band}", "float32", f"Mean signal-to-noise ratio per pixel in {band}", ucd="stat.snr")
    for band in "ugriz"
)
_HEADER: tuple[Column, ...] = (
    column("obsid", "int64", "LAMOST identifier of the observation", ucd="meta.id;obs", nullable=False),
    column(
        "ra", "float64", "Right ascension of the input catalogue, ICRS, J2000", unit="deg", ucd="pos.eq.ra;meta.main"
    ),
    column("dec", "float64", "Declination of the input catalogue, ICRS, J2000", unit="deg", ucd="pos.eq.dec;meta.main"),
    *_SNR,
)

LAMOST_SPECTRA = TableSchema(
    description="LAMOST low-resolution spectra on the survey's log-wavelength grid, vacuum, heliocentric",
    key="obsid",
    position=Position(epoch=2000.0),
    columns=(
        *_HEADER,
        column("z", "float32", "Redshift from the survey's pipeline", ucd="src.redshift"),
        column("class", "string", "Class from the survey's pipeline", ucd="src.class"),
        column("subclass", "string", "Subclass (spectral type) from the survey's pipeline", ucd="src.spType"),
        column("obs_date", "string", "Date of the observation, ISO 8601", ucd="time.start;obs"),
        column("lmjd", "int32", "Local modified Julian day of the observation", unit="d", ucd="time.epoch"),
        column("planid", "string", "Plan (plate) of the observation", ucd="meta.id"),
        column("spid", "int16", "Spectrograph number, 1 to 16", ucd="meta.id;instr"),
        column("fiberid", "int16", "Fibre number in the spectrograph, 1 to 250", ucd="meta.id;instr"),
        column("flux", "float32", "Relative flux", length=LAMOST_PIXELS, ucd="phot.flux.density;em.wl"),
        column(
            "ivar",
            "float32",
            "Inverse variance of the flux; 0 where the pixel has no information",
            length=LAMOST_PIXELS,
            ucd="stat.weight",
        ),
        column(
            "mask",
            "uint8",
            "1 where a pixel is bad: no data, non-positive inverse variance, or flagged in every exposure (ANDMASK)",
            length=LAMOST_PIXELS,
            ucd="meta.code.qual",
        ),
    ),
)
"""Pixel i lies at 10 ** (LOGLAM_FIRST + i LOGLAM_STEP) Å (vacuum)."""

LAMOST_STARS = TableSchema(
    description="LAMOST observations with the survey's LASP stellar parameters",
    key="obsid",
    position=Position(epoch=2000.0),
    columns=(
        *_HEADER,
        column("teff", "float32", "Effective temperature (LASP)", unit="K", ucd="phys.temperature.effective"),
        column("teff_error", "float32", "Error of teff", unit="K", ucd="stat.error;phys.temperature.effective"),
        column("logg", "float32", "Surface gravity (LASP), log10 of cm s-2", unit="dex", ucd="phys.gravity"),
        column("logg_error", "float32", "Error of logg", unit="dex", ucd="stat.error;phys.gravity"),
        column("feh", "float32", "Iron abundance [Fe/H] (LASP)", unit="dex", ucd="phys.abund.Fe"),
        column("feh_error", "float32", "Error of feh", unit="dex", ucd="stat.error;phys.abund.Fe"),
        column("rv", "float32", "Heliocentric radial velocity (LASP)", unit="km / s", ucd="spect.dopplerVeloc"),
        column("rv_error", "float32", "Error of rv", unit="km / s", ucd="stat.error;spect.dopplerVeloc"),
    ),
)
