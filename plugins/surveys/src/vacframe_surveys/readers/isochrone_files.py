"""Isochrones in users' files: tables of the CMD web interface, MIST, and the HDF5 grids of lachesis-grids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vacframe import Rejects, Result
from vacframe_surveys.isochrone_columns import BANDS, NO_MAGNITUDE, POST_AGB, TABLE
from vacframe_surveys.readers.isochrone_numbers import imf_weights, isochrone_number
from vacframe_surveys.readers.isochrone_sets import put_together
from vacframe_surveys.readers.isochrone_text import LIMITS, NAMES, REASON, read_text
from vacframe_surveys.readers.lachesis_files import HDF5, is_corrections, read_grid
from vacframe_surveys.readers.unusable import Unusable

Z_SUN = 0.0152
"""[M/H] is log10(Z / Z_SUN) where a CMD table gives Z only (Bressan et al. 2012)."""
MIST_PHASES = {-1: 0, 0: 1, 2: 3, 3: 4, 4: 7, 5: 8, 6: 9, 9: 9}
"""Phases of MIST (FSPS's numbers; Dotter 2016) as those of PARSEC; its 2 holds subgiants and giants."""


def read_files(files: tuple[Any, ...]) -> Result:
    """Return the points of users' isochrone files as `TABLE` has them; files that are none are rejects.

    The same models with other bands in another file are joined.
    """
    rejects, parts = Rejects(), {}
    corrections = [f.path for f in files if is_corrections(f.path)]
    for number, file in enumerate(files):
        if file.path in corrections:
            continue
        try:
            part = _read(file.path, corrections)
        except Unusable as error:
            rejects.add(error.reason, error.detail, files=file.name)
            continue
        count = len(part["mh"])
        parts[file.name] = part | {"_file": np.full(count, number), "_row": np.arange(count)}
    together, refused = put_together(parts)
    for name, why in refused.items():
        rejects.add("other_models", why, files=name)
    names = [*TABLE.names, "_file", "_row"]
    types = {c.name: c.dtype for c in TABLE.columns} | {"_file": "int64", "_row": "int64"}
    table = {n: np.concatenate([p[n] for p in together] or [np.empty(0)]).astype(types[n]) for n in names}
    return Result(table=table, rejects=rejects)


def _read(path: Path, corrections: list[Path]) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        start = file.read(len(HDF5))
    if start != HDF5:
        return finish(read_text(path))
    part = read_grid(path, corrections)
    for name, (low, high) in LIMITS.items():
        if name in part and not ((part[name] >= low) & (part[name] <= high)).all():
            raise Unusable(REASON, f"has values of {name} that are not between {low:g} and {high:g}; look at its unit")
    return finish(part)


def finish(part: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return all columns of `TABLE`, points after the AGB left out; magnitudes that a file lacks are NaN."""
    made = dict(part)
    derived: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
        "mh": ("z", lambda z: np.log10(z / Z_SUN)),
        "log_age": ("age", np.log10),
        "phase": ("phase_mist", lambda p: np.array([MIST_PHASES.get(int(x), POST_AGB) for x in p])),
    }
    for name, (source, function) in derived.items():
        if name not in made and source in made:
            made[name] = function(made[source])
    missing = [
        n for n in ("mh", "log_age", "m_initial", "m_current", "log_teff", "logg", "log_l", "phase") if n not in made
    ]
    if missing:
        wanted = "; ".join(f"{n} ({' or '.join(NAMES[n])})" for n in missing)
        raise Unusable(REASON, f"has no column for {wanted}")
    for name in BANDS:
        values = made.get(f"mag_{name}", np.full(len(made["mh"]), np.nan))
        made[f"mag_{name}"] = np.where(np.abs(values) < NO_MAGNITUDE, values, np.nan)
    made["teff"] = 10.0 ** made["log_teff"]
    made["mh"], made["log_age"] = np.round(made["mh"], 5), np.round(made["log_age"], 5)
    order = np.lexsort((made["m_initial"], isochrone_number(made)))
    kept = order[made["phase"][order] != POST_AGB]
    made = {n: values[kept] for n, values in made.items()}
    cumulative = made.get("cumulative", kroupa_below(made["m_initial"]))
    made["imf_weight"] = imf_weights(cumulative, isochrone_number(made))
    return {n: made[n] for n in TABLE.names}


def kroupa_below(mass: np.ndarray) -> np.ndarray:
    """Return the number of stars below each mass per solar mass formed (Kroupa 2001: -1.3, above 0.5 -2.3).

    Stars are formed between 0.01 and 100 solar masses.
    """

    def integral(power: float, low: Any, high: Any) -> Any:
        return (high**power - low**power) / power

    formed = integral(0.7, 0.01, 0.5) + 0.5 * integral(-0.3, 0.5, 100.0)
    light = integral(-0.3, 0.01, np.minimum(mass, 0.5))
    return np.asarray((light + 0.5 * integral(-1.3, 0.5, np.maximum(mass, 0.5))) / formed)
