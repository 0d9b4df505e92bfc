"""Columns that several products share."""

from __future__ import annotations

from collections.abc import Iterator

import vacframe as vf
from vacframe.schemas.gaia import GAIA_SOURCES
from vacframe.schemas.lamost import LAMOST_STARS
from vacframe_parallax_zp.config import Distances, ParallaxZpConfig

CORR, NONCORR = "offset_corr", "offset_noncorr"
"""Columns of parallax minus the giants' parallax, with and without the correction of Lindegren et al. (2021b)."""
_DELTA_UCD = "pos.parallax;arith.diff"


def offset_columns(distances: Distances, nullable: bool = True) -> tuple[vf.Column, ...]:
    """Return offset and error, corrected and raw, and the number of stars, as in Table 1 of the paper."""
    giants = f"minus parallax of the giants ({distances.statement})"
    texts = {
        CORR: f"parallax corrected after Lindegren et al. (2021b) {giants}",
        NONCORR: f"parallax as in the catalogue {giants}",
    }
    columns: list[vf.Column] = []
    for name, text in texts.items():
        columns.append(vf.column(name, "float64", f"Mean of {text}", unit="uas", ucd=_DELTA_UCD, nullable=nullable))
        columns.append(
            vf.column(
                f"{name}_error",
                "float64",
                f"Error of {name}: sigma / sqrt(n)",
                unit="uas",
                ucd="stat.error",
                nullable=nullable,
            )
        )
    return (*columns, vf.column("n", "int64", "Number of stars", ucd="meta.number", nullable=False))


def candidates_schema(config: ParallaxZpConfig) -> vf.TableSchema:
    """Return the schema of `zp_candidates`: rows are spectra where distances or labels are theirs, else stars."""
    spectra = config.distances.of_spectra
    anchor = LAMOST_STARS if spectra else GAIA_SOURCES
    head = [anchor["obsid"], GAIA_SOURCES["source_id"]] if spectra else [GAIA_SOURCES["source_id"]]
    return vf.TableSchema(
        description="Stars with a distance and a Gaia parallax: offsets of the parallax, and which cuts the star fails",
        key="obsid" if spectra else "source_id",
        position=anchor.position,
        columns=(*head, anchor["ra"], anchor["dec"], *_star_columns(config.distances)),
    )


def _star_columns(distances: Distances) -> Iterator[vf.Column]:
    yield vf.column("gl", "float64", "Galactic longitude", unit="deg", ucd="pos.galactic.lon")
    yield vf.column("gb", "float64", "Galactic latitude", unit="deg", ucd="pos.galactic.lat")
    yield GAIA_SOURCES["astrometric_params_solved"]
    yield GAIA_SOURCES["phot_g_mean_mag"]
    yield vf.column(
        "colour", "float32", "nu_eff (five parameters) or pseudocolour (six)", unit="1 / um", ucd="em.wavenumber"
    )
    yield GAIA_SOURCES["ecl_lat"]
    yield GAIA_SOURCES["parallax"]
    yield GAIA_SOURCES["parallax_error"]
    yield vf.column("zero_point", "float64", "Zero point after Lindegren et al. (2021b)", unit="mas", ucd=_DELTA_UCD)
    yield vf.column(
        "parallax_giant", "float64", f"Parallax that the distance amounts to ({distances.statement})", unit="mas",
        ucd="pos.parallax",
    )  # fmt: skip
    yield vf.column(
        "parallax_giant_error", "float64", "Error of parallax_giant; null where the distances have none", unit="mas",
        ucd="stat.error;pos.parallax",
    )  # fmt: skip
    yield vf.column(CORR, "float64", "parallax - zero_point - parallax_giant", unit="uas", ucd=_DELTA_UCD)
    yield vf.column(NONCORR, "float64", "parallax - parallax_giant", unit="uas", ucd=_DELTA_UCD)
    yield vf.column("snr", "float32", "Signal-to-noise ratio of the spectrum; null where not given", ucd="stat.snr")
    yield vf.column(
        "cuts_failed",
        "int16",
        "Sum of 2**k over the cuts that the star fails: k = 0 snr, 1 parallax, 2 logg, 3 ks_error, 4 ruwe, 5 colour, "
        "6 bp_rp, 7 the parallax cut not chosen (it does not select)",
        ucd="meta.code.qual",
        nullable=False,
        minimum=0,
    )


def distance_columns(distances: Distances) -> tuple[vf.Column, ...]:
    """Return the columns with the distance and its error, key left out."""
    names = [n for n in (distances.column, distances.error) if n]
    return tuple(vf.Column(name=n, dtype="float64", unit=distances.unit) for n in names)


def label_columns(distances: Distances) -> tuple[vf.Column, ...]:
    """Return the columns with S/N and log g, key left out."""
    return tuple(vf.Column(name=n, dtype="float32") for n in (distances.snr, *distances.logg) if n)


PARALLAX_ZP_CHECK = vf.TableSchema(
    description="Parallax of the giants minus that of second distances of the same stars, all and in bins",
    columns=(
        vf.column("low", "float64", "Lower end of the bin in the second parallax", unit="mas", ucd="stat.value"),
        vf.column("high", "float64", "Upper end of it; null in the first row: all stars", unit="mas", ucd="stat.value"),
        vf.column("n", "int64", "Stars", ucd="meta.number", nullable=False),
        vf.column("parallax", "float64", "Median of the second parallax", unit="mas", ucd="pos.parallax;stat.median"),
        vf.column("offset", "float64", "Median difference", unit="uas", ucd="pos.parallax;arith.diff"),
        vf.column("offset_error", "float64", "Its error, by bootstrap", unit="uas", ucd="stat.error"),
        vf.column("scatter", "float64", "1.4826 x median absolute deviation", unit="uas", ucd="stat.stdev"),
        vf.column("std", "float64", "Standard deviation of the Gaussian fit", unit="uas", ucd="stat.stdev"),
        vf.column("relative", "float64", "Median of difference over second parallax", ucd="stat.value"),
        vf.column("distances", "string", "First product", ucd="meta.id", nullable=False),
        vf.column("second_distances", "string", "Second product", ucd="meta.id", nullable=False),
        vf.column("circularity", "string", "How the second distances rest on Gaia parallaxes", ucd="meta.note"),
    ),
)
