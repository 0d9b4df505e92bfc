"""Which stars are giants of the sample: the cuts of section 2.1 of Wang, Yuan & Huang (2021)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vacframe import Batch, Result
from vacframe.astro.galactic import galactic
from vacframe_parallax_zp.columns import CORR, NONCORR
from vacframe_parallax_zp.config import Cuts, Distances
from vacframe_parallax_zp.method.lindegren_2021 import FIVE, SIX

CUTS = ("snr", "parallax", "logg", "ks_error", "ruwe", "colour", "bp_rp")
"""Cut k sets bit k of ``cuts_failed``."""
OTHER_PARALLAX = 7
"""Bit of the parallax cut that was not chosen."""


def parallax_of(batch: Batch, distances: Distances) -> tuple[np.ndarray, np.ndarray]:
    """Return the parallax that distances amount to and its error, mas; NaN where a distance is not positive."""
    value = np.asarray(batch[distances.column], dtype=np.float64)
    error = np.full(len(value), np.nan) if distances.error is None else np.asarray(batch[distances.error], np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(value > 0, value, np.nan)
        if distances.unit == "mas":
            return value, error
        parallax = (1.0 if distances.unit == "kpc" else 1000.0) / value
        return parallax, parallax * error / value


def candidates(inputs: Mapping[str, Batch], config: Any) -> Result:
    """Return the rows of `zp_candidates`: those with a distance, a parallax and a zero point.

    Parameters
    ----------
    inputs : mapping of str to Batch
        The needs of the product.
    config : ParallaxZpConfig
        ``distances`` and ``cuts``.
    """
    distances = config.distances
    primary = inputs["crossmatch" if distances.of_spectra else "gaia_sources"]
    source_id, known = primary["source_id"], ~primary.mask("source_id")
    gaia = _Joined(inputs["gaia_sources"], source_id, known, primary)
    zero_point = _Joined(inputs["gaia_parallax_l21"], source_id, known, primary)["zero_point"]
    parallax, error = parallax_of(
        _Joined(inputs[distances.product], source_id, known, primary),  # type: ignore[arg-type]
        distances,
    )
    labels = _Joined(inputs[distances.labels_product or distances.product], source_id, known, primary)
    solved = gaia["astrometric_params_solved"]
    measured = np.isfinite(gaia["parallax"]) & np.isfinite(zero_point) & ((solved == FIVE) | (solved == SIX))
    with_distance = np.isfinite(parallax)
    six = solved == SIX
    columns = {
        **({"obsid": primary["obsid"]} if distances.of_spectra else {}),
        "source_id": source_id,
        "ra": primary["ra"],
        "dec": primary["dec"],
        "astrometric_params_solved": solved,
        "phot_g_mean_mag": gaia["phot_g_mean_mag"],
        "colour": np.where(six, gaia["pseudocolour"], gaia["nu_eff_used_in_astrometry"]),
        "ecl_lat": gaia["ecl_lat"],
        "parallax": gaia["parallax"],
        "parallax_error": gaia["parallax_error"],
        "zero_point": zero_point,
        "parallax_giant": parallax,
        "parallax_giant_error": error,
        CORR: 1e3 * (gaia["parallax"] - zero_point - parallax),
        NONCORR: 1e3 * (gaia["parallax"] - parallax),
        "snr": labels[distances.snr] if distances.snr else np.full(len(source_id), np.nan, np.float32),
    }
    columns["gl"], columns["gb"] = galactic(columns["ra"], columns["dec"])
    with_photometry = config.cuts.maximum_ks_error is not None
    photometry = _Joined(inputs["photometry"], source_id, known, primary) if with_photometry else None
    columns["cuts_failed"] = _failed(columns, gaia, labels, photometry, config)
    rows = measured & with_distance
    counts = {
        "no distance": int((~with_distance).sum()),
        "distance, but no five- or six-parameter parallax": int((with_distance & ~measured).sum()),
    }
    return Result({name: values[rows] for name, values in columns.items()}, counts=counts)


class _Joined:
    """Columns of a batch in the order of the primary rows; NaN (0 for integers) where a star is not in it."""

    def __init__(self, batch: Batch, source_id: np.ndarray, known: np.ndarray, primary: Batch) -> None:
        self._batch = batch
        in_step = "source_id" not in batch or batch is primary
        self._rows = None if in_step else np.where(known, batch.match("source_id", source_id), -1)

    def __getitem__(self, name: str) -> np.ndarray:
        values = self._batch[name]
        if self._rows is None:
            return values
        missing = np.array(np.nan if values.dtype.kind == "f" else 0, dtype=values.dtype)
        if not len(values):
            return np.full(len(self._rows), missing)
        return np.where(self._rows >= 0, values[self._rows], missing)


def _failed(
    columns: Mapping[str, np.ndarray], gaia: _Joined, labels: _Joined, photometry: _Joined | None, config: Any
) -> np.ndarray:
    """Return ``cuts_failed``; a value that is missing fails the cut on it."""
    cuts: Cuts = config.cuts
    other = "giant" if cuts.parallax_cut_on == "gaia" else "gaia"
    near = {"gaia": columns["parallax"], "giant": columns["parallax_giant"]}
    low, high = (
        np.where(columns["astrometric_params_solved"] == SIX, b, a)
        for a, b in zip(cuts.effective_wavenumber, cuts.pseudocolour, strict=True)
    )
    passed: dict[int, np.ndarray] = {5: (columns["colour"] >= _f32(low)) & (columns["colour"] <= _f32(high))}
    if config.distances.snr and cuts.minimum_snr is not None:
        passed[0] = columns["snr"] >= cuts.minimum_snr
    if cuts.maximum_parallax is not None:
        passed[1] = near[cuts.parallax_cut_on] < cuts.maximum_parallax
        passed[OTHER_PARALLAX] = near[other] < cuts.maximum_parallax
    if config.distances.logg and cuts.maximum_logg is not None:
        passed[2] = _first_known([labels[name] for name in config.distances.logg]) <= _f32(cuts.maximum_logg)
    if photometry is not None:
        passed[3] = photometry["ks_error"] < _f32(cuts.maximum_ks_error)
    if cuts.maximum_ruwe is not None:
        passed[4] = gaia["ruwe"] <= _f32(cuts.maximum_ruwe)
    if cuts.bp_rp is not None:
        colour = gaia["phot_bp_mean_mag"] - gaia["phot_rp_mean_mag"]
        passed[6] = (colour > _f32(cuts.bp_rp[0])) & (colour < _f32(cuts.bp_rp[1]))
    failed = np.zeros(len(columns["source_id"]), dtype=np.int16)
    for bit, good in passed.items():
        failed |= (~good).astype(np.int16) << bit
    return failed


def _f32(limit: Any) -> Any:
    """Return a limit as the columns hold their values, so that a value equal to it as written is equal to it."""
    return np.asarray(limit, dtype=np.float32)


def _first_known(values: list[np.ndarray]) -> np.ndarray:
    found = values[0]
    for value in values[1:]:
        found = np.where(np.isnan(found), value, found)
    return found


def one_per_star(batch: Batch | Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the rows of each star's best spectrum (largest snr, the first of equals), in the order of source_id."""
    source_id, snr = batch["source_id"], batch["snr"]
    order = np.lexsort((np.where(np.isnan(snr), np.inf, -snr), source_id))
    first = np.ones(len(order), dtype=bool)
    first[1:] = source_id[order][1:] != source_id[order][:-1]
    return order[first]


def conditions(config: Any) -> dict[str, str]:
    """Return cut → what a star has to fulfil, as words; a cut that is turned off says so."""
    cuts: Cuts = config.cuts
    distances: Distances = config.distances
    off = "not applied"
    side = {"gaia": "parallax", "giant": "parallax_giant"}[cuts.parallax_cut_on]
    (low, high), (red, blue) = cuts.effective_wavenumber, cuts.pseudocolour
    return {
        "snr": f"{distances.snr} >= {cuts.minimum_snr:g}" if distances.snr and cuts.minimum_snr is not None else off,
        "parallax": f"{side} < {cuts.maximum_parallax:g} mas" if cuts.maximum_parallax is not None else off,
        "logg": f"{' or else '.join(distances.logg)} <= {cuts.maximum_logg:g}"
        if distances.logg and cuts.maximum_logg is not None
        else off,
        "ks_error": f"ks_error < {cuts.maximum_ks_error:g} mag" if cuts.maximum_ks_error is not None else off,
        "ruwe": f"ruwe <= {cuts.maximum_ruwe:g}" if cuts.maximum_ruwe is not None else off,
        "colour": f"{low:g} <= nu_eff <= {high:g} (five parameters), {red:g} <= pseudocolour <= {blue:g} (six)",
        "bp_rp": f"{cuts.bp_rp[0]:g} < BP - RP < {cuts.bp_rp[1]:g}" if cuts.bp_rp is not None else off,
    }


def count_cuts(batch: Batch, config: Any) -> dict[str, list[Any]]:
    """Return the columns of `zp_giants_counts`; spectra up to the last step, stars (one spectrum each) there."""
    failed, solved = batch["cuts_failed"], batch["astrometric_params_solved"]
    left = np.ones(len(failed), dtype=bool)
    rows = [("candidates", "a distance and a five- or six-parameter parallax", left)]
    for bit, (name, text) in enumerate(conditions(config).items()):
        left = left & (failed >> bit & 1 == 0)
        rows.append((name, text, left))
    stars = np.zeros(len(failed), dtype=bool)
    chosen = np.flatnonzero(left)
    stars[chosen[one_per_star(batch.take(chosen))]] = True
    rows.append(("stars", "one spectrum of each star, that of the largest snr", stars))
    return {
        "step": list(range(len(rows))),
        "cut": [name for name, _, _ in rows],
        "condition": [text for _, text, _ in rows],
        "n_five": [int((solved[kept] == FIVE).sum()) for _, _, kept in rows],
        "n_six": [int((solved[kept] == SIX).sum()) for _, _, kept in rows],
    }
