"""Columns that several products share: what is true of a star, and the names of those that the spectra depend on."""

from __future__ import annotations

from vacframe import Column, DType, column
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.labels import APOGEE_LABELS
from vacframe.schemas.lamost import LAMOST_SPECTRA
from vacframe.schemas.parts import identifier, positions
from vacframe.schemas.photometry import BANDS

ISOCHRONE_COLUMNS = (
    "mh", "log_age", "m_initial", "m_current", "log_teff", "logg", "phase", "imf_weight",
    "mag_g", "mag_bp", "mag_rp", "mag_j", "mag_h", "mag_ks",
)  # fmt: skip
"""Columns that are read of the product `isochrones`."""

SPECTRAL_LABELS = ("teff", "logg", "feh", "alpha_m", "c_fe", "n_fe")
"""Columns that the spectrum of a single star depends on, beside the velocity."""

COMPANION = ("companion_teff", "companion_logg", "companion_light")
"""Columns that what a companion adds to it depends on."""

SAME = (
    "source_id", "teff", "logg", "feh", "mh", "alpha_m", "c_fe", "n_fe", "ebv", "is_giant", "is_cemp", "mag_g",
    "mag_r_sdss", *COMPANION,
)  # fmt: skip
"""Columns that a visit takes over from its star."""

_BANDS = {"g": ("Gaia G", "em.opt"), "bp": ("Gaia BP", "em.opt.B"), "rp": ("Gaia RP", "em.opt.R")} | BANDS


def _magnitudes() -> tuple[Column, ...]:
    kinds = (("abs", "absolute magnitude in {}", "phys.magAbs"), ("mag", "magnitude in {}, reddened", "phot.mag"))
    return tuple(
        _number(f"{kind}_{name}", "True " + text.format(label), "mag", f"{ucd};{band}")
        for name, (label, band) in _BANDS.items()
        for kind, text, ucd in kinds
    )


def _number(name: str, description: str, unit: str | None, ucd: str) -> Column:
    return column(name, "float32", description, unit=unit, ucd=ucd)


def _exact(name: str, description: str, unit: str, ucd: str) -> Column:
    return column(name, "float64", description, unit=unit, ucd=ucd)


def _code(name: str, description: str, ucd: str = "meta.code.class", dtype: DType = "bool") -> Column:
    return column(name, dtype, description, ucd=ucd)


def changed(one: Column, description: str = "", **others: object) -> Column:
    """Return a column of another table, with a description of its own."""
    return one.model_copy(update={"description": description or one.description, **others})


STAR_COLUMNS = (
    identifier("source_id", "Identifier in the mock Gaia catalogue"),
    changed(LAMOST_SPECTRA["obsid"], "Identifier of the first visit, see `mock_observations`"),
    *positions("epoch 2016.0"),
    _code("population", "Population: thin, thick, halo, gse, sagittarius or cluster", dtype="string"),
    _code("cluster", "Name of the cluster after which the star's is made", "meta.id.parent", "string"),
    APOGEE_LABELS["teff"],
    APOGEE_LABELS["logg"],
    changed(APOGEE_LABELS["feh"], "Iron abundance [Fe/H] = mh - log10(0.638 10^alpha_m + 0.362)"),
    changed(APOGEE_LABELS["mh"], "Metallicity [M/H], by mass: that of the isochrone"),
    changed(APOGEE_LABELS["alpha_m"], "[alpha/M]: O Mg Si S Ca Ti over other metals"),
    APOGEE_LABELS["c_fe"],
    APOGEE_LABELS["n_fe"],
    _code("is_cemp", "Whether carbon-enhanced and very metal-poor"),
    _number("log_age", "log10 of the age in years", "dex", "time.age"),
    _number("age", "Age", "Gyr", "time.age"),
    _number("mass_initial", "Initial mass", "solMass", "phys.mass"),
    _number("mass", "Present mass", "solMass", "phys.mass"),
    _code(
        "phase",
        "Main sequence MS, subgiant SGB, red giant branch RGB, core helium burning RC, early AGB",
        dtype="string",
    ),
    _code("is_giant", "Whether logg is below 3.5"),
    _code("is_binary", "Whether an unresolved binary; magnitudes are the pair's", "meta.code.multip"),
    _number("mass_ratio", "Companion's over the star's initial mass", None, "phys.mass;arith.ratio"),
    _exact("period", "Orbital period", "d", "src.orbital;time.period"),
    _number(
        "rv_amplitude",
        "Amplitude of the star's radial velocity about the pair's",
        "km / s",
        "spect.dopplerVeloc;src.orbital",
    ),
    _number("orbital_phase", "Phase of the orbit at J2000, 0 to 1", None, "time.phase"),
    _number("binary_brightening", "What the companion adds to the light in G", "mag", "phys.magAbs"),
    changed(APOGEE_LABELS["teff"], "Effective temperature of the companion", name="companion_teff"),
    changed(APOGEE_LABELS["logg"], "Surface gravity of the companion, log10 of cm s-2", name="companion_logg"),
    _number("companion_light", "Light of the companion over the star's, in SDSS r", None, "phot.flux;arith.ratio"),
    _exact("distance_kpc", "Distance from the Sun", "kpc", "pos.distance"),
    _exact("parallax", "Parallax", "mas", "pos.parallax"),
    GAIA_SOURCES["pmra"],
    GAIA_SOURCES["pmdec"],
    changed(APOGEE_LABELS["rv"], "Heliocentric radial velocity, of the pair for a binary"),
    *(
        _exact(
            axis,
            f"Galactocentric {axis}, right-handed: Sun at (-8.122, 0, 0.0208)",
            "kpc",
            f"pos.cartesian.{axis}",
        )
        for axis in "xyz"
    ),
    *(
        _number(
            f"v{axis}",
            f"Galactocentric velocity along {axis}, of the pair for a binary",
            "km / s",
            f"phys.veloc;pos.cartesian.{axis}",
        )
        for axis in "xyz"
    ),
    _number("ebv", "Reddening E(B-V), SFD scale", "mag", "phot.color.excess"),
    _number("av", "Extinction in V", "mag", "phys.absorption;em.opt.V"),
    LAMOST_SPECTRA["snr_g"],
    GAIA_SOURCES["astrometric_params_solved"],
    _exact("zero_point", "Zero point of the catalogue's parallax", "mas", "pos.parallax;arith.diff"),
    _exact("zero_point_l21", "Its part after Lindegren et al. (2021)", "mas", "pos.parallax;arith.diff"),
    _exact("zero_point_pattern", "Its part that depends on position only", "mas", "pos.parallax;arith.diff"),
    *_magnitudes(),
)
"""What is true of a star: the columns of `mock_truth`."""
