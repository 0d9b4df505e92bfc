"""XP coefficients in the Avro files of the Gaia consortium (one record per source, the covariance as a triangle)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vacframe.schemas.gaia import XP_BASES, XP_CORRELATIONS
from vacframe_surveys.readers.unusable import Unusable

REASON = "unreadable_file"
"""Code of the rejects: a file that cannot be read, or has no coefficients."""
_SCALARS = {"standard_deviation": "standardDeviation", "n_measurements": "numberOfMeasurements"}


def iter_avro(path: Path, rows: int) -> Iterator[dict[str, np.ndarray]]:
    """Yield the columns of a file, `rows` at a time, as `vacframe_surveys.readers.xp_files.iter_columns` does.

    Raises
    ------
    Unusable
        If the file is of another kind, or the package fastavro is not installed.
    """
    try:
        from fastavro import reader
    except ImportError:
        raise Unusable(REASON, "is an Avro file; pip install fastavro to read it") from None
    try:
        with path.open("rb") as file:
            records: list[dict[str, Any]] = []
            for record in reader(file):
                records.append(record)  # type: ignore[arg-type]
                if len(records) == rows:
                    yield _columns(records)
                    records = []
            if records:
                yield _columns(records)
    except (KeyError, TypeError) as error:
        raise Unusable(REASON, f"is an Avro file without XP spectra (no {error})") from error


def _columns(records: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    count = len(records)
    made: dict[str, np.ndarray] = {"source_id": np.array([r["sourceId"] for r in records], np.int64)}
    for band in ("bp", "rp"):
        arrays = {
            "coefficients": np.full((count, XP_BASES), np.nan),
            "coefficient_errors": np.full((count, XP_BASES), np.nan),
            "coefficient_correlations": np.full((count, XP_CORRELATIONS), np.nan),
        }
        numbers = {n: np.full(count, np.nan) for n in (*_SCALARS, "n_relevant_bases", "relative_shrinking")}
        length = np.zeros(count, int)
        for row, record in enumerate(records):
            spectrum = record[f"{band}Spec"]
            if spectrum is None:
                continue
            solution = spectrum["solution"]
            length[row] = len(solution["parameters"])
            if length[row] == XP_BASES:
                arrays["coefficients"][row] = solution["parameters"]
                errors, correlations = _errors(solution)
                arrays["coefficient_errors"][row], arrays["coefficient_correlations"][row] = errors, correlations
            for name, theirs in _SCALARS.items():
                numbers[name][row] = solution[theirs]
            numbers["n_relevant_bases"][row] = spectrum["NRelevantBases"]
            numbers["relative_shrinking"][row] = spectrum["relativeShrinking"]
        made |= {f"{band}_{n}": v for n, v in (arrays | numbers).items()}
        made[f"{band}_length"] = np.where(length == XP_BASES, 0, length)
    return made


def _errors(solution: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return errors and correlations as in the archive, from the covariance matrix.

    The file's covariance lacks the factor standard_deviation², which the archive's errors have (as gaiaxpy 2.1
    takes them: ``_correlation_to_covariance_dr3int5``).
    """
    covariance = np.zeros((XP_BASES, XP_BASES))
    covariance[np.tril_indices(XP_BASES)] = solution["covariance"]
    sigma = np.sqrt(np.diagonal(covariance))
    high, low = np.tril_indices(XP_BASES, -1)
    return sigma * solution["standardDeviation"], covariance[high, low] / (sigma[high] * sigma[low])
