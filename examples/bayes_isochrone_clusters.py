"""Tables of star clusters and of the Gaia FGK benchmark stars, from the files of others, and a configuration for them.

Run as ``python bayes_isochrone_clusters.py DATA FOLDER``. DATA holds the folders ``clusters`` (M67 with Gaia DR2,
2MASS and APOGEE-Payne labels; giants of globular clusters of Meszaros et al. 2015, ages of VandenBerg et al. 2013,
distances of Vasiliev & Baumgardt 2021) and ``gaia_benchmark`` (Soubiran et al. 2024). Then

    vacframe build isochrone_clusters isochrone_validation --config FOLDER/clusters.toml --workspace WORKSPACE
    vacframe show isochrone_clusters --workspace WORKSPACE
    vacframe show isochrone_validation --workspace WORKSPACE
"""

import sys
from pathlib import Path

import numpy as np
from astropy.table import Table, vstack

M67_AGE = 3.43
"""Gyr, table 1 of Wang J. et al. (2023), from Donor et al. (2020); 3.4 to 4.3 Gyr in the literature."""
M67_MOTION = (-10.97, -2.94)
"""Proper motion of M67, mas/yr (Cantat-Gaudin et al. 2018, A&A 618, A93)."""
DR2_OFFSET = 0.03
"""Added to parallaxes of Gaia DR2, mas (Lindegren et al. 2018, A&A 616, A2); about that of DR3 too."""
NGC = {
    "M107": "6171", "M13": "6205", "M15": "7078", "M2": "7089", "M3": "5272", "M5": "5904", "M53": "5024",
    "M71": "6838", "M92": "6341", "N5466": "5466",
}  # fmt: skip
CONFIG = """
[sources.isochrone_observables]
files = ["observables.ecsv"]

[sources.cluster_members]
files = ["members.ecsv"]

# Not from asteroseismology, but from log g and radius; isochrone_validation compares masses with this table.
[sources.asteroseismic_labels]
files = ["benchmark_masses.ecsv"]

[plugins.bayes_isochrone]
giant_logg = 9.0                # the benchmark stars count whatever their log g is; all members are evolved stars
prior = "flat"                  # or, with --set plugins.bayes_isochrone.prior=binney2014, the paper's
"""


def number(table: Table, name: str) -> np.ndarray:
    """Return a column as float64, NaN where masked."""
    return np.ma.filled(np.ma.asarray(table[name]).astype(float), np.nan)


def measured(**columns: tuple[np.ndarray, np.ndarray | float]) -> Table:
    """Return a table of values and errors."""
    table = Table()
    for name, (value, error) in columns.items():
        table[name], table[f"{name}_error"] = value, np.broadcast_to(error, np.shape(value))
    return table


def m67(folder: Path) -> Table:
    """Return the evolved members of M67 by proper motion and parallax; errors of the labels are ours."""
    table = Table.read(folder / "NGC_2682_M67.fits")
    gaia = {n: number(table, f"gaia_dr2_source.{n}") for n in ("pmra", "pmdec", "parallax", "parallax_error")}
    logg = number(table, "payne.logg")
    member = np.hypot(gaia["pmra"] - M67_MOTION[0], gaia["pmdec"] - M67_MOTION[1]) < 1.0
    member &= np.abs(gaia["parallax"] - 1.13) < 3 * np.hypot(gaia["parallax_error"], 0.05)
    member &= (logg < 3.9) & (logg > 0)
    bands = {ours: f"tmass.{theirs}_m" for ours, theirs in (("j", "j"), ("h", "h"), ("ks", "k"))}
    stars = measured(
        teff=(number(table, "payne.teff"), 60.0),
        logg=(logg, 0.08),
        feh=(number(table, "payne.feh"), 0.05),
        parallax=(gaia["parallax"] + DR2_OFFSET, gaia["parallax_error"]),
        **{b: (number(table, c), np.maximum(number(table, f"{c}sigcom"), 0.02)) for b, c in bands.items()},
    )
    stars["ra"], stars["dec"] = (number(table, f"gaia_dr2_source.{n}") for n in ("ra", "dec"))
    stars["cluster"], stars["age"], stars["distance"] = "M67", M67_AGE, np.nan
    return stars[member]


def globulars(folder: Path) -> Table:
    """Return giants of globular clusters; the cluster's distance, good to 3 %, stands for the parallax."""
    names = ("VandenBerg2013_table2.txt", "Vasiliev_Baumgardt2021_input.txt", "gc_szabolcs.dat")
    ages, distances, others = ((folder / n).read_text().splitlines() for n in names)
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
            rows.append([ra, dec, *labels, *(float(w) for w in words[-3:]), distance[name], age[name], words[1]])
    ra, dec, teff, logg, feh, j, h, ks, kpc, gyr = np.array([row[:-1] for row in rows]).T
    stars = measured(
        teff=(teff, 100.0), logg=(logg, 0.2), feh=(feh, 0.1), j=(j, 0.025), h=(h, 0.025), ks=(ks, 0.025),
        parallax=(1 / kpc, 0.03 / kpc),
    )  # fmt: skip
    stars["ra"], stars["dec"], stars["cluster"] = ra, dec, [row[-1] for row in rows]
    stars["age"], stars["distance"] = gyr, kpc
    return stars


def benchmarks(folder: Path) -> Table:
    """Return the benchmark stars, with ``mass`` from log g and radius: 10^logg R^2 / G."""
    table = Table.read(folder / "gbs_v3_tmass_gaiadr3_hip_allwise_all_lite.fits")
    hipparcos = ~np.isfinite(number(table, "parallax"))
    parallax = np.where(hipparcos, number(table, "parallax_hip"), number(table, "parallax") + DR2_OFFSET)
    error = np.where(hipparcos, number(table, "parallax_error__hip"), number(table, "parallax_error"))
    stars = measured(
        teff=(number(table, "teff"), np.maximum(number(table, "e_teff"), 60.0)),
        logg=(number(table, "logg"), np.maximum(number(table, "e_logg"), 0.05)),
        feh=(number(table, "fe_h"), 0.05),
        parallax=(parallax, error),
        **{b: (number(table, f"{b}_m"), number(table, f"{b}_msigcom")) for b in ("j", "h", "ks")},
    )
    stars["ra"], stars["dec"] = number(table, "ra_j2000"), number(table, "dec_j2000")
    radius = np.radians(number(table, "theta_ld") / 3.6e6) / 2 * (1000 / parallax) * 4.4354e7  # solar radii in a parsec
    stars["mass"] = 10 ** (number(table, "logg") - 4.438) * radius**2
    stars["cluster"], stars["age"], stars["distance"] = "", np.nan, 1 / parallax
    return stars


def main(data: Path, folder: Path) -> None:
    """Write observables, members, masses and configuration into a folder."""
    stars = vstack([m67(data / "clusters"), globulars(data / "clusters"), benchmarks(data / "gaia_benchmark")])
    stars["source_id"] = np.arange(len(stars)) + 1
    folder.mkdir(parents=True, exist_ok=True)
    members, lone = stars[stars["cluster"] != ""], stars[stars["cluster"] == ""]
    members["source_id", "ra", "dec", "cluster", "age", "distance"].write(folder / "members.ecsv", overwrite=True)
    lone["source_id", "ra", "dec", "mass"].write(folder / "benchmark_masses.ecsv", overwrite=True)
    observed = [n for n in stars.colnames if n not in ("cluster", "age", "distance", "mass")]
    stars[observed].write(folder / "observables.ecsv", overwrite=True)
    (folder / "clusters.toml").write_text(CONFIG)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
