"""Compare options of UA-CSNet on training stars alone: the test stars of the workspace are not looked at.

    vacframe build --products xp_training_set --config xp_apogee_giants.toml --workspace here
    python xp_cross_validation.py here xp_apogee_giants.toml noise=1 noise=3,members=3

Each argument is a set of options of ``[plugins.xp_uacsnet.network]`` that replace those of the configuration ("." for
none). The training stars are cut into folds by a hash of source_id; every star is estimated by a network that did not
see it. A row for each of the configuration's report groups: bias, 1.4826 MAD and mean absolute value of estimate minus
label, fractions within one and two predicted errors, and the mean loss of the paper (equation 12, without weights).
"""

from __future__ import annotations

import argparse
import time
import tomllib
from pathlib import Path

import numpy as np
from vacframe_xp_uacsnet import plugin
from vacframe_xp_uacsnet.config import XpUacsnetConfig
from vacframe_xp_uacsnet.method.learning import restore, usable

import vacframe as vf
from vacframe.core.columns.batch import Batch
from vacframe.core.columns.expression import names_in, select_rows
from vacframe.testing import run_product


def fold_of(keys: np.ndarray, folds: int) -> np.ndarray:
    """Return the fold of each key, from 0."""
    with np.errstate(over="ignore"):
        mixed = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed >> np.uint64(33)) % np.uint64(folds)).astype(int)


def estimates(stars: Batch, config: XpUacsnetConfig, folds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return [Fe/H] and error of all stars, each from a model of the other folds."""
    fold = fold_of(stars["source_id"], folds)
    feh, error = np.full(len(stars), np.nan), np.full(len(stars), np.nan)
    for number in range(folds):
        others = stars.take(fold != number)
        model = run_product(plugin, "uacsnet_model", {"xp_training_set": others.arrow}, config=config).model
        own = stars.take(fold == number)
        feh[fold == number], error[fold == number], _ = restore(model).estimate(own["flux"], own["flux_error"])
    return feh, error


def show(stars: Batch, feh: np.ndarray, error: np.ndarray, groups: dict[str, str]) -> None:
    """Print a row for each group."""
    residual = feh - stars["feh"]
    for name, text in groups.items():
        chosen = np.broadcast_to(select_rows(text, {n: stars[n] for n in names_in(text)}, what=name), residual.shape)
        r, e = residual[chosen], error[chosen]
        if len(r):
            mad = 1.4826 * np.median(np.abs(r - np.median(r)))
            loss = np.mean(0.5 * np.minimum((r / e) ** 2, 25.0) + np.log(e))
            within = [np.mean(np.abs(r) < k * e) for k in (1, 2)]
            print(f"    {name:16s} {len(r):5d} {np.median(r):+.3f} {mad:.3f} {np.mean(np.abs(r)):.3f} "
                  f"{within[0]:.2f} {within[1]:.2f} {loss:+.3f}")  # fmt: skip


def main() -> None:
    """Train and judge each set of options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("options", nargs="+")
    parser.add_argument("--folds", type=int, default=3)
    given = parser.parse_args()
    settings = tomllib.loads(given.config.read_text())["plugins"]["xp_uacsnet"]
    stars = Batch(vf.Workspace(given.workspace).read("xp_training_set"))
    stars = stars.take(stars["in_training"] & usable(stars))
    print("    group            stars   bias   mad   mean  1 σ  2 σ   loss")
    for text in given.options:
        changed = dict(pair.split("=") for pair in text.split(",") if "=" in pair)
        network = {**settings.get("network", {}), **changed}
        config = XpUacsnetConfig.model_validate({**settings, "network": network})
        start = time.perf_counter()
        found = estimates(stars, config, given.folds)
        print(f"{text} ({time.perf_counter() - start:.0f} s)", flush=True)
        show(stars, *found, config.report_groups)


if __name__ == "__main__":
    main()
