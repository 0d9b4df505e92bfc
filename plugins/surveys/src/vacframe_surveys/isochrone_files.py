"""Isochrones in users' files: tables of the CMD web interface, MIST, and the HDF5 grids of lachesis-grids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vacframe.core.result import Rejects, Result
from vacframe_surveys.isochrones import BANDS, TABLE
from vacframe_surveys.lachesis import HDF5, is_corrections, read_corrections, read_grid
from vacframe_surveys.parsec import NO_MAGNITUDE, POST_AGB, imf_weights, isochrone_number

FORMS = (
    "a table of the CMD web interface (2.x, 3.x), MIST's .iso or .iso.cmd, or an HDF5 grid of lachesis-grids; a plain "
    "table with the product's own columns needs reader = 'table'"
)
Z_SUN = 0.0152
"""[M/H] is log10(Z / Z_SUN) where a CMD table gives Z only (Bressan et al. 2012)."""
NAMES: dict[str, tuple[str, ...]] = {
    "mh": ("MH", "[M/H]", "[Fe/H]_init"),
    "z": ("Zini", "Z"),
    "log_age": ("logAge", "log(age/yr)", "log10_isochrone_age_yr"),
    "age": ("isochrone_age_yr",),
    "m_initial": ("Mini", "M_ini", "initial_mass"),
    "m_current": ("Mass", "M_act", "star_mass"),
    "log_l": ("logL", "logL/Lo", "log_L"),
    "log_teff": ("logTe", "log_Teff"),
    "logg": ("logg", "logG", "log_g"),
    "phase": ("label", "stage"),
    "phase_mist": ("phase",),
    "cumulative": ("int_IMF",),
    "mag_j": ("Jmag", "J", "2MASS_J"),
    "mag_h": ("Hmag", "H", "2MASS_H"),
    "mag_ks": ("Ksmag", "Ks", "2MASS_Ks"),
    "mag_g": ("Gmag", "G", "Gaia_G_EDR3", "Gaia_G_DR2Rev"),
    "mag_bp": ("G_BPmag", "G_BP", "Gaia_BP_EDR3", "Gaia_BP_DR2Rev"),
    "mag_rp": ("G_RPmag", "G_RP", "Gaia_RP_EDR3", "Gaia_RP_DR2Rev"),
    "mag_w1": ("W1mag", "W1", "WISE_W1"),
    "mag_w2": ("W2mag", "W2", "WISE_W2"),
}
"""Our column → names that it has in the files' headers."""
MIST_PHASES = {-1: 0, 0: 1, 2: 3, 3: 4, 4: 7, 5: 8, 6: 9, 9: 9}
"""Phases of MIST (FSPS's numbers; Dotter 2016) as those of PARSEC; its 2 holds subgiants and giants."""


class NoIsochrones(Exception):
    """A file that is none of the forms, or lacks what its form needs; the text says what."""


def read_files(files: tuple[Any, ...]) -> Result:
    """Return the points of users' isochrone files as `TABLE` has them; files that are none are rejects."""
    rejects, parts = Rejects(), []
    corrections = [f.path for f in files if is_corrections(f.path)]
    for number, file in enumerate(files):
        if file.path in corrections:
            continue
        try:
            part = _read(file.path, corrections)
        except NoIsochrones as error:
            rejects.add("not_isochrones", str(error), files=file.name)
            continue
        parts.append(part | {"_file": np.full(len(part["mh"]), number), "_row": np.arange(len(part["mh"]))})
    names = [*TABLE.names, "_file", "_row"]
    types = {c.name: c.dtype for c in TABLE.columns} | {"_file": "int64", "_row": "int64"}
    table = {n: np.concatenate([p[n] for p in parts] or [np.empty(0)]).astype(types[n]) for n in names}
    return Result(table=table, rejects=rejects)


def _read(path: Path, corrections: list[Path]) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        start = file.read(len(HDF5))
    if start == HDF5:
        try:
            tables = read_corrections(corrections)
            return finish(read_grid(path, tables))
        except ImportError:
            raise NoIsochrones("is HDF5; reading it needs h5py: pip install h5py") from None
        except (KeyError, ValueError) as error:
            raise NoIsochrones(
                f"is HDF5 but no grid of lachesis-grids with its bolometric corrections: {error}"
            ) from None
    return finish(read_text(path))


def read_text(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of a CMD or MIST table under our names.

    The last comment line before a block of numbers names its columns; each block may have a header of its own.

    Raises
    ------
    NoIsochrones
        If there is no such header, or a column is missing.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise NoIsochrones(f"is no text; expected {FORMS}") from None
    header: list[str] = []
    rows: list[list[str]] = []
    facts: dict[str, float] = {}
    previous: list[str] = []
    for number, line in enumerate(lines, 1):
        words = line.lstrip("# \t").split()
        if line.startswith("#"):
            if "[Fe/H]" in previous and len(words) == len(previous):
                facts["feh"] = float(words[previous.index("[Fe/H]")])
            previous = words
            found = _known(words)
            header = words if {"m_initial", "log_teff", "logg"} <= set(found) else header
            continue
        if words and not header:
            raise NoIsochrones(f"line {number} has numbers before any line that names columns; expected {FORMS}")
        if words and len(words) != len(header):
            raise NoIsochrones(f"line {number} has {len(words)} values, its header names {len(header)} columns")
        if words:
            rows.append(words)
    if not rows:
        raise NoIsochrones(f"has no rows under a header; expected {FORMS}")
    try:
        values = np.array(rows, dtype=np.float64)
    except ValueError as error:
        raise NoIsochrones(f"a value is not a number: {error}") from None
    part = {ours: values[:, place] for ours, place in _known(header).items()}
    if "mh" not in part and "feh" in facts:
        part["mh"] = np.full(len(values), facts["feh"])
    return part


def _known(header: list[str]) -> dict[str, int]:
    return {ours: header.index(n) for ours, names in NAMES.items() for n in names[::-1] if n in header}


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
        raise NoIsochrones(f"has no column for {wanted}")
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
