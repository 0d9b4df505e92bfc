"""Zero points of Gaia EDR3 parallaxes from real globular clusters with independent distances.

Run as ``python parallax_zp_clusters.py SHARED_DATA WORKSPACE``. The member stars of ``zeropoint_oracle`` become
`gaia_sources`, the distances of ``gc_distances`` (Baumgardt & Vasiliev 2021) a product of the user's own,
`cluster_distances`, and those of Harris (1996, edition of 2010) the second distances that they are checked with; then
`parallax_zp_global` and `parallax_zp_check` are built and the median offset of each cluster printed.
``vacframe paper wang2021 --workspace WORKSPACE/workspace --plots DIR`` draws what these stars allow.
"""

import re
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import vacframe as vf
from vacframe.astro.galactic import equatorial

CONFIGURATION = """
[sources.gaia_sources]
files = ["stars.parquet"]

[sources.cluster_distances]
files = ["distances.parquet"]
key = "source_id"

[sources.harris_distances]
files = ["harris.parquet"]
key = "source_id"

[plugins.parallax_zp.second_distances]
product = "harris_distances"
key = "source_id"
column = "distance"
unit = "kpc"
circularity = "independent"

[plugins.parallax_zp.distances]
product = "cluster_distances"
key = "source_id"
column = "distance"
error = "distance_error"
unit = "kpc"
snr = "off"
logg = []
circularity = "independent"

# The cuts that these stars do not allow: the file has no spectra, no 2MASS and no RUWE.
[plugins.parallax_zp.cuts]
maximum_parallax = "off"
maximum_ks_error = "off"
maximum_ruwe = "off"
bp_rp = "off"
"""


def read_stars(folder: Path) -> dict[str, np.ndarray]:
    """Return `gaia_sources` of the member stars, numbered from 1, with a column ``cluster``."""
    lines = [line.split() for path in sorted(folder.glob("*.zeropoint.txt")) for line in path.open()]
    rows = [line for line in lines if len(line) == 12]
    g, bp_rp, _, nu_eff, pseudocolour, ecl_lat, solved, longitude, latitude, zero_point, corrected = (
        np.array([float(row[k]) for row in rows]) for k in (0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11)
    )
    ra, dec = equatorial(longitude, latitude)
    return {
        "source_id": np.arange(1, len(rows) + 1),
        "ra": ra,
        "dec": dec,
        # The file's last column is corrected already; the column before it is the zero point.
        "parallax": corrected + zero_point,
        "parallax_error": np.full(len(rows), np.nan),
        "astrometric_params_solved": solved.astype(np.int16),
        "phot_g_mean_mag": g,
        "phot_bp_mean_mag": g + 0.5 * bp_rp,
        "phot_rp_mean_mag": g - 0.5 * bp_rp,
        "nu_eff_used_in_astrometry": nu_eff,
        "pseudocolour": pseudocolour,
        "ecl_lat": ecl_lat,
        "ruwe": np.full(len(rows), np.nan),
        "cluster": np.array([row[3] for row in rows]),
        "published_zero_point": zero_point,
    }


def read_distances(path: Path) -> dict[str, tuple[float, float]]:
    """Return NGC and Messier names → distance and error, kpc."""
    found = {}
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            name, _, _, distance, error = line.split()[:5]
            for alias in (re.match(r"NGC_\d+", name), re.search(r"M_\d+$", name)):
                if alias:
                    found[alias[0].replace("_", "")] = (float(distance), float(error))
    return found


def read_harris(path: Path) -> dict[str, tuple[float, float]]:
    """Return NGC and Messier names → distance, kpc, given to 0.1 kpc, and an error of NaN."""
    found = {}
    for line in path.read_text().splitlines():
        for alias in re.findall(r"\b(?:NGC|M) \d+\b", line[:25]):
            found[alias.replace(" ", "")] = (float(line.split()[-5]), np.nan)
    return found


def member_distances(stars: dict[str, np.ndarray], distances: dict[str, tuple[float, float]]) -> dict[str, np.ndarray]:
    """Return a product with one row for each star of a cluster with a distance."""
    known = np.isin(stars["cluster"], list(distances))
    values = np.array([distances[c] for c in stars["cluster"][known]])
    table = {name: stars[name][known] for name in ("source_id", "ra", "dec")}
    return table | {"distance": values[:, 0], "distance_error": values[:, 1]}


def main(shared: str, folder: str) -> None:
    """Write the tables, build, and print offsets."""
    place, data = Path(folder), Path(shared)
    place.mkdir(parents=True, exist_ok=True)
    stars = read_stars(data / "zeropoint_oracle")
    distances = member_distances(stars, read_distances(data / "gc_distances" / "result.txt"))
    harris = member_distances(stars, read_harris(data / "clusters" / "Harris2010_f1.dat"))
    for name, table in (("stars", stars), ("distances", distances), ("harris", harris)):
        pq.write_table(pa.table(table), place / f"{name}.parquet")
    (place / "vacframe.toml").write_text(CONFIGURATION)
    workspace = vf.Workspace(place / "workspace", config=place / "vacframe.toml")
    workspace.build("parallax_zp_global", "parallax_zp_check", "zp_candidates")
    found = workspace.read("zp_candidates").to_pandas()
    found = found[found["astrometric_params_solved"] == 31]
    found["cluster"] = stars["cluster"][found["source_id"] - 1]
    offsets = found.groupby("cluster")[["offset_noncorr", "offset_corr"]].median()
    print(offsets.assign(n=found.groupby("cluster").size()).round(1).to_string())
    print("median over clusters", *offsets.median().round(1), "uas, raw and corrected")
    check = workspace.read("parallax_zp_check").to_pandas().iloc[0]
    print(
        f"parallaxes minus those of Harris (1996), {check['n']} stars: median {check['offset']:.1f} uas, "
        f"{100 * check['relative']:.1f} %"
    )


if __name__ == "__main__":
    main(*sys.argv[1:3])
