"""Speed of `crossmatch` against astropy, on spectra of many nights among a million Gaia-like sources.

Run: ``python benchmarks/crossmatch.py [--sources 1000000] [--spectra 200000] [--nights 60] [--loop 100]``

The sources lie in 400 square degrees and move like the Gaia sky, one in a thousand fast (1 arcsec/yr).

vacframe
    `vacframe.testing.run_product`: both epochs of every spectrum, the nearer one, all candidates counted, the table
    and its checks. No file is read or written.
astropy, by night
    The best that its functions give: ``apply_space_motion`` of all sources to J2000 and to each night, and
    ``match_to_catalog_sky`` of that night's spectra. Candidates are not counted. Measured on some nights and scaled.
astropy, by row
    ``apply_space_motion`` of the sources within a box about one spectrum and its ``separation`` from them, spectrum by
    spectrum. Measured on some spectra and scaled.
"""

import argparse
import time
import warnings

import astropy.units as u
import numpy as np
from astropy.coordinates import Distance, SkyCoord
from astropy.time import Time
from erfa import ErfaWarning
from vacframe_surveys import plugin

from vacframe.core.columns.astropy_tables import table_to_arrow
from vacframe.testing import run_product

EPOCH = Time(2016.0, format="jyear", scale="tcb")


def made_up(sources, spectra, nights):
    """Return tables of Gaia sources and of observations, and the night of each."""
    rng = np.random.default_rng(0)
    ra, dec = rng.uniform(100, 120, sources), np.degrees(np.arcsin(rng.uniform(0.34, 0.64, sources)))
    pmra, pmdec = rng.normal(0, 15, (2, sources)) * np.where(rng.random(sources) < 1e-3, 50, 1)
    source_id = np.arange(sources, dtype=np.int64) + 10**15
    gaia = {"source_id": source_id, "ra": ra, "dec": dec, "pmra": pmra, "pmdec": pmdec}
    star = rng.choice(sources, spectra)
    place = carried({n: v[star] for n, v in gaia.items()}, 2000.0)
    shift = rng.normal(0, 0.2, (2, spectra)) / 3600
    night = rng.choice(np.linspace(55900, 59900, nights).astype(np.int32), spectra)
    observed = {
        "obsid": np.arange(spectra, dtype=np.int64),
        "ra": place.ra.deg + shift[0],
        "dec": place.dec.deg + shift[1],
        "lmjd": night,
    }
    return gaia, observed


def carried(gaia, year):
    """Return the positions of sources at an epoch, by astropy."""
    sky = SkyCoord(
        gaia["ra"] * u.deg, gaia["dec"] * u.deg, pm_ra_cosdec=gaia["pmra"] * u.mas / u.yr,
        pm_dec=gaia["pmdec"] * u.mas / u.yr, distance=Distance(np.full(len(gaia["ra"]), 1e6), u.kpc), obstime=EPOCH,
    )  # fmt: skip
    moved = sky.apply_space_motion(Time(year, format="jyear", scale="tcb"))
    return SkyCoord(moved.ra, moved.dec)


def year_of(day):
    """Return the Julian year of a modified Julian day."""
    return 2000.0 + (day - 51544.5) / 365.25


def by_night(gaia, observed, nights):
    """Match the spectra of the chosen nights; return rows at J2000 and on the night, with separations."""
    at_2000 = carried(gaia, 2000.0)
    started = time.perf_counter()
    found = []
    for night in nights:
        mine = observed["lmjd"] == night
        here = SkyCoord(observed["ra"][mine] * u.deg, observed["dec"][mine] * u.deg)
        first, then = here.match_to_catalog_sky(at_2000), here.match_to_catalog_sky(carried(gaia, year_of(night)))
        nearer = then[1] < first[1]
        found.append((observed["obsid"][mine], np.where(nearer, then[0], first[0])))
    return found, time.perf_counter() - started


def by_row(gaia, observed, count):
    """Match single spectra."""
    started = time.perf_counter()
    for row in range(count):
        ra, dec = observed["ra"][row], observed["dec"][row]
        box = (np.abs(gaia["dec"] - dec) < 0.05) & (np.abs(gaia["ra"] - ra) * np.cos(np.radians(dec)) < 0.05)
        near = {n: v[box] for n, v in gaia.items()}
        here = SkyCoord(ra * u.deg, dec * u.deg)
        for year in (2000.0, year_of(observed["lmjd"][row])):
            here.separation(carried(near, year)).argmin()
    return time.perf_counter() - started


def main():
    """Print the rates and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=1_000_000)
    parser.add_argument("--spectra", type=int, default=200_000)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--loop", type=int, default=100)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", ErfaWarning)
    gaia, observed = made_up(chosen.sources, chosen.spectra, chosen.nights)
    inputs = {"lamost_spectra": table_to_arrow(observed), "gaia_sources": table_to_arrow(gaia)}
    best = np.inf
    for _ in range(3):
        started = time.perf_counter()
        made = run_product(plugin, "crossmatch", inputs)
        best = min(best, time.perf_counter() - started)
    print(f"{chosen.spectra} spectra of {chosen.nights} nights, {chosen.sources} sources: {made.counts}")
    nights = np.unique(observed["lmjd"])[:3]
    found, seconds = by_night(gaia, observed, nights)
    table = made.table.sort_by("obsid")
    ours = table["source_id"].to_numpy(zero_copy_only=False)
    differ = sum(int((gaia["source_id"][rows] != ours[obsid]).sum()) for obsid, rows in found)
    per_night = seconds / sum(len(rows) for _, rows in found)
    per_row = by_row(gaia, observed, chosen.loop) / chosen.loop
    rates = {"vacframe": chosen.spectra / best, "astropy, by night": 1 / per_night, "astropy, by row": 1 / per_row}
    for name, rate in rates.items():
        print(f"{name:18s} {rate:10.1f} spectra/s   vacframe is {rates['vacframe'] / rate:8.1f} times as fast")
    print(f"{differ} of {sum(len(rows) for _, rows in found)} matches differ from those of astropy by night")


if __name__ == "__main__":
    main()
