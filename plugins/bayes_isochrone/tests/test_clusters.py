"""Clusters and benchmark stars: ages, masses and distances that others measured by other means."""

import numpy as np
import pytest
from vacframe_bayes_isochrone import plugin
from vacframe_bayes_isochrone.config import BayesIsochroneConfig

from vacframe.testing import run_product

NGC = {
    "M107": "6171", "M13": "6205", "M15": "7078", "M2": "7089", "M3": "5272", "M5": "5904", "M53": "5024",
    "M71": "6838", "M92": "6341", "N5466": "5466",
}  # fmt: skip


@pytest.fixture(scope="module")
def fit(parsec, estimate):
    """A function that fits stars on the default grid of a prior."""
    grids = {}

    def run(stars, prior):
        config = BayesIsochroneConfig(prior=prior)
        if prior not in grids:
            grids[prior] = run_product(plugin, "isochrone_grid", {"isochrones": parsec}, config=config).model
        return estimate(stars, grids[prior], config)

    return run


def number(table, name):
    return np.ma.filled(np.ma.asarray(table[name]).astype(float), np.nan)


def read(path):
    from astropy.table import Table

    if not path.is_file():
        pytest.skip(f"no real data: {path} does not exist")
    return Table.read(path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("prior", ["flat", "binney2014"])
def test_m67(shared, fit, prior):
    """3.4 to 4.3 Gyr (table 1 and section 3.4 of the paper), from the members whose age is known to 10 %."""
    table = read(shared / "clusters" / "NGC_2682_M67.fits")
    gaia = {
        n: number(table, f"gaia_dr2_source.{n}") for n in ("ra", "dec", "pmra", "pmdec", "parallax", "parallax_error")
    }
    logg = number(table, "payne.logg")
    member = np.hypot(gaia["pmra"] + 10.97, gaia["pmdec"] + 2.94) < 1.0  # Cantat-Gaudin et al. 2018, A&A 618, A93
    member &= np.abs(gaia["parallax"] - 1.13) < 3 * np.hypot(gaia["parallax_error"], 0.05)
    member &= (logg < 3.9) & (logg > 0)
    count = int(member.sum())
    stars = {"source_id": np.arange(count), "ra": gaia["ra"][member], "dec": gaia["dec"][member]}
    for name, error in (("teff", 60.0), ("logg", 0.08), ("feh", 0.05)):
        stars[name], stars[f"{name}_error"] = number(table, f"payne.{name}")[member], np.full(count, error)
    for band, theirs in (("j", "j"), ("h", "h"), ("ks", "k")):
        stars[band] = number(table, f"tmass.{theirs}_m")[member]
        stars[f"{band}_error"] = np.maximum(number(table, f"tmass.{theirs}_msigcom")[member], 0.02)
    stars["parallax"] = gaia["parallax"][member] + 0.03  # Lindegren et al. 2018, A&A 616, A2
    stars["parallax_error"] = gaia["parallax_error"][member]
    found = fit(stars, prior)
    known = found["age_error"] < 0.1 * found["age"]
    assert known.sum() >= 8
    assert 3.4 < np.median(found["age"][known]) < 4.3


def globulars(folder):
    """Giants of globular clusters (Meszaros et al. 2015), with ages (VandenBerg et al. 2013) and distances."""
    text = {n: folder / n for n in ("VandenBerg2013_table2.txt", "Vasiliev_Baumgardt2021_input.txt", "gc_szabolcs.dat")}
    for path in text.values():
        if not path.is_file():
            pytest.skip(f"no real data: {path} does not exist")
    ages, distances, others = (path.read_text().splitlines() for path in text.values())
    age = {line.split(",")[0].strip(): float(line.split(",")[3]) for line in ages}
    split = (line.split() for line in distances if line.startswith("NGC"))
    distance = {words[0].split("_")[1]: float(words[3]) for words in split}
    rows = []
    for words in (line.split() for line in others[1:]):
        name, labels = NGC[words[1]], [float(w) for w in words[3:6]]
        if name in age and max(labels) < 9999 and labels[1] < 9:
            hour, sign = words[0][2:], -1 if words[0][10] == "-" else 1
            ra = 15 * (int(hour[:2]) + int(hour[2:4]) / 60 + float(hour[4:8]) / 360000)
            dec = sign * (int(hour[9:11]) + int(hour[11:13]) / 60 + int(hour[13:15]) / 3600)
            rows.append([ra, dec, *labels, *(float(w) for w in words[-3:]), distance[name], age[name]])
    return np.array(rows).T


def test_globular_clusters(shared, fit):
    """With the paper's prior giants are as old as their clusters, within 10 %, and 0.7 to 0.95 solar masses."""
    ra, dec, teff, logg, feh, j, h, ks, distance, age = globulars(shared / "clusters")
    stars = {"source_id": np.arange(len(ra)), "ra": ra, "dec": dec, "parallax": 1 / distance}
    stars["parallax_error"] = 0.03 / distance
    for name, values, error in (
        ("teff", teff, 100.0), ("logg", logg, 0.2), ("feh", feh, 0.1),
        ("j", j, 0.025), ("h", h, 0.025), ("ks", ks, 0.025),
    ):  # fmt: skip
        stars[name], stars[f"{name}_error"] = values, np.full(len(ra), error)
    found = fit(stars, "binney2014")
    assert np.isfinite(found["age"]).mean() > 0.98
    assert abs(np.nanmedian(found["age"] / age - 1)) < 0.1
    assert 0.7 < np.nanmedian(found["mass"]) < 0.95
    assert abs(np.nanmedian(found["distance"] / distance - 1)) < 0.03


@pytest.mark.filterwarnings("ignore")
def test_gaia_benchmark_stars(shared, fit):
    """Mass is 10^logg R^2 / G with R from interferometry and the parallax (Soubiran et al. 2023)."""
    table = read(shared / "gaia_benchmark" / "gbs_v3_tmass_gaiadr3_hip_allwise_all_lite.fits")
    hipparcos = ~np.isfinite(number(table, "parallax"))
    parallax = np.where(hipparcos, number(table, "parallax_hip"), number(table, "parallax") + 0.03)
    error = np.where(hipparcos, number(table, "parallax_error__hip"), number(table, "parallax_error"))
    stars = {
        "source_id": np.arange(len(table)), "ra": number(table, "ra_j2000"), "dec": number(table, "dec_j2000"),
        "teff": number(table, "teff"), "teff_error": np.maximum(number(table, "e_teff"), 60.0),
        "logg": number(table, "logg"), "logg_error": np.maximum(number(table, "e_logg"), 0.05),
        "feh": number(table, "fe_h"), "feh_error": np.full(len(table), 0.05), "parallax": parallax,
        "parallax_error": error,
    }  # fmt: skip
    for band in ("j", "h", "ks"):
        stars[band], stars[f"{band}_error"] = number(table, f"{band}_m"), number(table, f"{band}_msigcom")
    radius = np.radians(number(table, "theta_ld") / 3.6e6) / 2 * (1000 / parallax) * 4.4354e7  # solar radii in a parsec
    mass = 10 ** (number(table, "logg") - 4.438) * radius**2
    found = fit(stars, "flat")
    use = np.isfinite(found["mass"]) & np.isfinite(mass)
    assert use.sum() > 100
    assert abs(np.median(found["mass"][use] / mass[use] - 1)) < 0.08
    assert abs(np.median(found["distance"][use] * parallax[use] - 1)) < 0.01
