"""Kepler giants against asteroseismology, with the flat prior and the paper's side by side.

Run as ``python bayes_isochrone_kepler.py WORKSPACE`` beside bayes_isochrone_kepler.toml.
"""

import sys
from pathlib import Path

import numpy as np

import vacframe as vf

CONFIG = Path(__file__).with_suffix(".toml")
PRIORS = ("flat", "binney2014")
COLUMNS = ("source_id", "distance", "av")


def differences(folder: str, prior: str) -> dict[str, tuple[int, np.ndarray]]:
    """Return, for each quantity, the number of stars and 16th, 50th, 84th percentile of (estimate - other) / other.

    Distances are compared with the file's own, which rest on asteroseismology; A_V in mag, not relatively.
    """
    from astropy.table import Table

    workspace = vf.Workspace(folder, config=CONFIG, overrides=[f"plugins.bayes_isochrone.prior={prior}"])
    if not workspace.build("isochrone_validation").ok:
        raise SystemExit(f"the build with prior {prior} failed; see {folder}/logs")
    rows = workspace.read("isochrone_validation").to_pylist()
    found = {r["quantity"]: (r["n"], np.array([r["p16"], r["median"], r["p84"]])) for r in rows}
    estimates = workspace.read("bayes_isochrone", columns=list(COLUMNS)).to_pandas().set_index("source_id")
    [file] = workspace.loaded.project.sources["isochrone_observables"].files
    others = Table.read(CONFIG.parent / file).to_pandas().set_index("kic").loc[estimates.index]
    for name, miss in (
        ("distance", estimates["distance"] / others["dist_ref"] - 1),
        ("av (mag)", estimates["av"] - others["av_ref"]),
    ):
        found[name] = (int(miss.notna().sum()), np.nanpercentile(miss, [16, 50, 84]))
    return found


def main(folder: str) -> None:
    """Print a table: a line for each prior and quantity."""
    print(f"{'prior':12s}{'quantity':10s}{'stars':>6s}{'median':>9s}{'16 %':>9s}{'84 %':>9s}{'half width':>12s}")
    for prior in PRIORS:
        for quantity, (count, (low, middle, high)) in differences(folder, prior).items():
            print(f"{prior:12s}{quantity:10s}{count:6d}{middle:+9.3f}{low:+9.3f}{high:+9.3f}{(high - low) / 2:12.3f}")


if __name__ == "__main__":
    main(sys.argv[1])
