"""Schema of `mock_truth` and the label columns of the mock's `reference_labels`."""

from __future__ import annotations

from vacframe.core.schema import Column, Position, TableSchema, column
from vacframe.core.schemas.labels import REFERENCE_LABELS
from vacframe.core.schemas.parts import measured

ISOCHRONE_COLUMNS = (
    "mh", "log_age", "m_initial", "m_current", "log_teff", "logg", "phase", "imf_weight",
    "mag_g", "mag_bp", "mag_rp", "mag_j", "mag_h", "mag_ks",
)  # fmt: skip
"""Columns that are read of the product `isochrones`."""

SPECTRAL_LABELS = ("teff", "logg", "feh", "alpha_m", "c_fe", "n_fe")
"""Columns that a spectrum depends on, beside the velocity."""

_BANDS = {
    "g": ("Gaia G", "em.opt"),
    "bp": ("Gaia BP", "em.opt.B"),
    "rp": ("Gaia RP", "em.opt.R"),
    "j": ("2MASS J", "em.IR.J"),
    "h": ("2MASS H", "em.IR.H"),
    "ks": ("2MASS Ks", "em.IR.K"),
    "w1": ("WISE W1", "em.IR.3-4um"),
    "w2": ("WISE W2", "em.IR.4-8um"),
    "b_apass": ("APASS B", "em.opt.B"),
    "v_apass": ("APASS V", "em.opt.V"),
    "r_apass": ("APASS r", "em.opt.R"),
    "g_sdss": ("SDSS g", "em.opt.B"),
    "r_sdss": ("SDSS r", "em.opt.R"),
    "i_sdss": ("SDSS i", "em.opt.I"),
}


def _magnitudes() -> tuple[Column, ...]:
    out = []
    for name, (label, ucd) in _BANDS.items():
        out.append(
            column(
                f"abs_{name}", "float32", f"True absolute magnitude in {label}", unit="mag", ucd=f"phys.magAbs;{ucd}"
            )
        )
        out.append(
            column(f"mag_{name}", "float32", f"True magnitude in {label}, reddened", unit="mag", ucd=f"phot.mag;{ucd}")
        )
    return tuple(out)


MOCK_TRUTH = TableSchema(
    description="The stars of a mock survey: what is true of them",
    key="source_id",
    position=Position(epoch=2016.0),
    columns=(
        column("source_id", "int64", "Identifier in the mock Gaia catalogue", ucd="meta.id;meta.main", nullable=False),
        column(
            "obsid",
            "int64",
            "Identifier of the first visit, see `mock_observations`",
            ucd="meta.id;obs",
            nullable=False,
        ),
        column("ra", "float64", "Right ascension", unit="deg", ucd="pos.eq.ra;meta.main", nullable=False),
        column("dec", "float64", "Declination", unit="deg", ucd="pos.eq.dec;meta.main", nullable=False),
        column(
            "population",
            "string",
            "Population: thin, thick, halo, gse, sagittarius or cluster",
            ucd="meta.code.class",
        ),
        column("cluster", "string", "Name of the cluster after which the star's is made", ucd="meta.id.parent"),
        column("teff", "float32", "Effective temperature", unit="K", ucd="phys.temperature.effective"),
        column("logg", "float32", "Surface gravity, log10 of cm s-2", unit="dex", ucd="phys.gravity"),
        column(
            "feh",
            "float32",
            "Iron abundance [Fe/H] = mh - log10(0.638 10^alpha_m + 0.362)",
            unit="dex",
            ucd="phys.abund.Fe",
        ),
        column(
            "mh",
            "float32",
            "Metallicity [M/H], by mass: that of the isochrone",
            unit="dex",
            ucd="phys.abund.Z",
        ),
        column("alpha_m", "float32", "[alpha/M]: O Mg Si S Ca Ti over other metals", unit="dex", ucd="phys.abund"),
        column("c_fe", "float32", "Carbon abundance [C/Fe]", unit="dex", ucd="phys.abund"),
        column("n_fe", "float32", "Nitrogen abundance [N/Fe]", unit="dex", ucd="phys.abund"),
        column("is_cemp", "bool", "Whether carbon-enhanced and very metal-poor", ucd="meta.code.class"),
        column("log_age", "float32", "log10 of the age in years", unit="dex", ucd="time.age"),
        column("mass_initial", "float32", "Initial mass", unit="solMass", ucd="phys.mass"),
        column("mass", "float32", "Present mass", unit="solMass", ucd="phys.mass"),
        column(
            "phase",
            "string",
            "Main sequence MS, subgiant SGB, red giant branch RGB, core helium burning RC, early AGB",
            ucd="meta.code.class",
        ),
        column("is_giant", "bool", "Whether logg is below 3.5", ucd="meta.code.class"),
        column("is_binary", "bool", "Whether an unresolved binary; magnitudes are the pair's", ucd="meta.code.multip"),
        column("mass_ratio", "float32", "Companion's over the star's initial mass", ucd="phys.mass;arith.ratio"),
        column("period", "float64", "Orbital period", unit="d", ucd="src.orbital;time.period"),
        column(
            "rv_amplitude",
            "float32",
            "Amplitude of the star's radial velocity about the pair's",
            unit="km / s",
            ucd="spect.dopplerVeloc",
        ),
        column("orbital_phase", "float32", "Phase of the orbit at J2000, 0 to 1", ucd="time.phase"),
        column(
            "binary_brightening", "float32", "What the companion adds to the light in G", unit="mag", ucd="phys.magAbs"
        ),
        column("distance_kpc", "float64", "Distance from the Sun", unit="kpc", ucd="pos.distance"),
        column("parallax", "float64", "Parallax", unit="mas", ucd="pos.parallax"),
        column(
            "pmra",
            "float64",
            "Proper motion in RA, cos(dec) included",
            unit="mas / yr",
            ucd="pos.pm;pos.eq.ra",
        ),
        column("pmdec", "float64", "Proper motion in declination", unit="mas / yr", ucd="pos.pm;pos.eq.dec"),
        column(
            "rv",
            "float32",
            "Heliocentric radial velocity, of the pair for a binary",
            unit="km / s",
            ucd="spect.dopplerVeloc",
        ),
        *(
            column(
                axis,
                "float64",
                f"Galactocentric {axis}, right-handed: Sun at (-8.122, 0, 0.0208)",
                unit="kpc",
                ucd="pos.cartesian." + axis,
            )
            for axis in "xyz"
        ),
        *(
            column(
                f"v{axis}",
                "float32",
                f"Galactocentric velocity along {axis}, of the pair for a binary",
                unit="km / s",
                ucd="phys.veloc;pos.cartesian." + axis,
            )
            for axis in "xyz"
        ),
        column("ebv", "float32", "Reddening E(B-V), SFD scale", unit="mag", ucd="phot.color.excess"),
        column("snr_g", "float32", "Mean signal-to-noise ratio per pixel of the spectrum in g", ucd="stat.snr"),
        column(
            "astrometric_params_solved",
            "int16",
            "Parameters that the mock Gaia solves for: 3 two, 31 five, 95 six",
            ucd="meta.number",
        ),
        column("zero_point", "float64", "Zero point of the catalogue's parallax", unit="mas", ucd="pos.parallax"),
        column("zero_point_l21", "float64", "Its part after Lindegren et al. (2021)", unit="mas", ucd="pos.parallax"),
        column(
            "zero_point_pattern", "float64", "Its part that depends on position only", unit="mas", ucd="pos.parallax"
        ),
        *_magnitudes(),
    ),
)

MOCK_OBSERVATIONS = TableSchema(
    description="The visits of a mock spectroscopic survey: what is true of the star at each",
    key="obsid",
    position=Position(epoch=2000.0),
    columns=(
        column("obsid", "int64", "Identifier of the visit", ucd="meta.id;meta.main", nullable=False),
        MOCK_TRUTH["source_id"].model_copy(update={"ucd": "meta.id"}),
        column("ra", "float64", "Right ascension at J2000", unit="deg", ucd="pos.eq.ra;meta.main", nullable=False),
        column("dec", "float64", "Declination at J2000", unit="deg", ucd="pos.eq.dec;meta.main", nullable=False),
        column("visit", "int16", "Number of the visit to this star, from 0", ucd="meta.number"),
        column("lmjd", "int32", "Modified Julian day of the visit", unit="d", ucd="time.epoch"),
        column("snr_g", "float32", "Mean signal-to-noise ratio per pixel of the spectrum in g", ucd="stat.snr"),
        column(
            "rv",
            "float32",
            "Heliocentric radial velocity at the visit, orbital motion included",
            unit="km / s",
            ucd="spect.dopplerVeloc",
        ),
        *(
            MOCK_TRUTH[name]
            for name in (
                "teff", "logg", "feh", "mh", "alpha_m", "c_fe", "n_fe", "ebv", "is_giant", "is_cemp", "mag_g",
                "mag_r_sdss",
            )
        ),
    ),
)  # fmt: skip

MOCK_REFERENCE_LABELS = REFERENCE_LABELS.with_columns(
    (
        *measured("teff", "Effective temperature", unit="K", ucd="phys.temperature.effective"),
        *measured("logg", "Surface gravity, log10 of cm s-2", unit="dex", ucd="phys.gravity"),
        *measured("feh", "Iron abundance [Fe/H]", unit="dex", ucd="phys.abund.Fe"),
        *measured("mh", "Metallicity [M/H]", unit="dex", ucd="phys.abund.Z"),
        *measured("alpha_m", "Abundance of alpha elements [alpha/M]", unit="dex", ucd="phys.abund"),
        *measured("c_fe", "Carbon abundance [C/Fe]", unit="dex", ucd="phys.abund"),
        *measured("n_fe", "Nitrogen abundance [N/Fe]", unit="dex", ucd="phys.abund"),
    )
)
