"""Models that methods read (isochrones, dust) and the match between surveys."""

from __future__ import annotations

from vacframe.core.contract.schema import Column, Position, TableSchema, column
from vacframe.schemas.parts import identifier, positions

ISOCHRONE_BANDS: dict[str, tuple[str, str]] = {
    "j": ("2MASS J", "em.IR.J"),
    "h": ("2MASS H", "em.IR.H"),
    "ks": ("2MASS Ks", "em.IR.K"),
    "g": ("Gaia EDR3 G", "em.opt"),
    "bp": ("Gaia EDR3 BP", "em.opt.B"),
    "rp": ("Gaia EDR3 RP", "em.opt.R"),
}
"""Name, filter and UCD of the absolute magnitudes ``mag_<name>``."""
DUST_MODULUS_FIRST = 4.0
"""Distance modulus of the first sample of `dust_3d`, mag; that of Bayestar19 (Green et al. 2019)."""
DUST_MODULUS_STEP = 0.125
"""Step in distance modulus, mag."""
DUST_SAMPLES = 120
"""Number of distance moduli, the last at 18.875 mag."""

ISOCHRONES = TableSchema(
    description="Points of stellar model isochrones; a point is a metallicity, an age and an initial mass",
    columns=(
        column("mh", "float32", "Metallicity [M/H]", unit="dex", ucd="phys.abund.Z"),
        column("log_age", "float32", "log10 of the age in years", unit="dex", ucd="time.age"),
        column("m_initial", "float64", "Initial mass", unit="solMass", ucd="phys.mass"),
        column("m_current", "float64", "Present mass, after mass loss", unit="solMass", ucd="phys.mass"),
        column(
            "log_teff",
            "float32",
            "log10 of the effective temperature in K",
            unit="dex",
            ucd="phys.temperature.effective",
        ),
        column("teff", "float32", "Effective temperature", unit="K", ucd="phys.temperature.effective"),
        column("log_l", "float32", "log10 of the luminosity in solar luminosities", unit="dex", ucd="phys.luminosity"),
        column("logg", "float32", "Surface gravity, log10 of cm s-2", unit="dex", ucd="phys.gravity"),
        column(
            "phase",
            "int16",
            "Evolutionary phase, PARSEC's label: 0 pre-main-sequence, 1 main sequence, 2 subgiant branch, "
            "3 red giant branch, 4 to 6 core helium burning, 7 early AGB, 8 thermally pulsing AGB, 9 post-AGB",
            ucd="meta.code.class",
        ),
        *(
            column(f"mag_{name}", "float32", f"Absolute magnitude in {label}", unit="mag", ucd=f"phys.magAbs;{ucd}")
            for name, (label, ucd) in ISOCHRONE_BANDS.items()
        ),
        column(
            "imf_weight",
            "float64",
            "Number of stars formed per solar mass of stars in the interval of initial mass that the point stands for",
            unit="1 / solMass",
            ucd="stat.weight",
        ),
    ),
)

_PIXEL: tuple[Column, Column] = (
    column("healpix", "int64", "HEALPix pixel, NESTED, Galactic coordinates", ucd="pos.healpix", nullable=False),
    column("healpix_order", "int8", "Order of the pixel: nside is 2 ** healpix_order", ucd="meta.number"),
)

REDDENING_MAP = TableSchema(
    description="Reddening over the sky, on the scale of Schlegel, Finkbeiner & Davis (1998)",
    key="healpix",
    columns=(
        *_PIXEL,
        column("ebv", "float32", "Reddening E(B-V) to infinity, SFD scale", unit="mag", ucd="phot.color.excess"),
    ),
)

DUST_3D = TableSchema(
    description="Reddening along lines of sight, on the scale of Schlegel, Finkbeiner & Davis (1998)",
    key="healpix",
    columns=(
        *_PIXEL,
        column(
            "ebv",
            "float32",
            "Reddening E(B-V) up to each distance modulus 4.000, 4.125, ... 18.875 mag",
            unit="mag",
            length=DUST_SAMPLES,
            ucd="phot.color.excess",
        ),
    ),
)
"""Sample i lies at distance modulus DUST_MODULUS_FIRST + i DUST_MODULUS_STEP."""

CROSSMATCH = TableSchema(
    description="The nearest Gaia source to each LAMOST observation",
    key="obsid",
    position=Position(epoch=2000.0),
    columns=(
        identifier("obsid", "LAMOST identifier of the observation"),
        *positions("of the LAMOST input catalogue, J2000"),
        identifier("source_id", "Gaia source identifier of the match; null where there is none", nullable=True),
        column("separation", "float32", "Angle to the match at match_epoch", unit="arcsec", ucd="pos.angDistance"),
        column(
            "match_epoch",
            "float32",
            "Epoch to which proper motion carried the match: 2000.0 or the observation, whichever is nearer",
            unit="yr",
            ucd="time.epoch",
        ),
        column("n_candidates", "int16", "Number of Gaia sources within the radius", ucd="meta.number"),
    ),
)
