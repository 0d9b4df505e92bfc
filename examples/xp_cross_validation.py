"""Compare options of UA-CSNet on training stars alone: the test stars of the workspace are not looked at.

    vacframe build --products xp_training_set --config xp_apogee_giants.toml --workspace here
    python xp_cross_validation.py here xp_apogee_giants.toml . noise=1 noise=3,members=3

Each argument is a set of options of ``[plugins.xp_uacsnet.network]`` that replace those of the configuration ("." for
none). The training stars are cut into three parts by a hash of source_id; each part is estimated by a network of the
other two. Printed are the statistics that the product `xp_calibration` has for training and test stars, for these
estimates.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import numpy as np
from vacframe_xp_uacsnet import plugin
from vacframe_xp_uacsnet.config import XpUacsnetConfig
from vacframe_xp_uacsnet.method.error_coverage import group_statistics
from vacframe_xp_uacsnet.method.estimator import restore, usable

import vacframe as vf
from vacframe.testing import run_product

PARTS = 3
SHOWN = ("bias", "scatter", "deviation", "sigma", "within_1", "within_2", "pull")


def estimates(stars: vf.Batch, config: XpUacsnetConfig) -> tuple[np.ndarray, np.ndarray]:
    """Return [Fe/H] and error of all stars, each from a model of the other parts."""
    part = np.floor(PARTS * vf.RowRandom(stars["source_id"], vf.text_seed("parts")).uniform())
    feh, error = np.full((2, len(stars)), np.nan)
    for number in range(PARTS):
        own = part == number
        others = {"xp_training_set": stars.take(~own).arrow}
        model = run_product(plugin, "uacsnet_model", others, config=config).model
        feh[own], error[own], _ = restore(model).estimate(stars["flux"][own], stars["flux_error"][own])
    return feh, error


def main() -> None:
    """Train and judge each set of options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("options", nargs="+")
    given = parser.parse_args()
    settings = tomllib.loads(given.config.read_text())["plugins"]["xp_uacsnet"]
    stars = vf.Batch(vf.Workspace(given.workspace).read("xp_training_set"))
    stars = stars.take(stars["in_training"] & usable(stars))
    for text in given.options:
        changed = dict(pair.split("=") for pair in text.split(",") if "=" in pair)
        network = {**settings.get("network", {}), **changed}
        config = XpUacsnetConfig.model_validate({**settings, "network": network})
        print(f"{text:20s} {'stars':>6s}" + "".join(f" {name:>9s}" for name in SHOWN))
        for row in group_statistics(stars, *estimates(stars, config), config.report_groups):
            print(
                f"{row['group']:20s} {row['stars']:6d}" + "".join(f" {row[name]:+9.3f}" for name in SHOWN), flush=True
            )


if __name__ == "__main__":
    main()
