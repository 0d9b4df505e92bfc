"""What comes back of the zero point that the mock Gaia's parallaxes were given.

Run as ``python parallax_zp_closure.py WORKSPACE`` on a build of parallax_zp_mock.toml with parallax_zp_global,
gaia_parallax_spatial and both maps.
"""

import sys

import healpy
import numpy as np
import pandas as pd

import vacframe as vf

ORDER = 4
"""HEALPix level of the maps in parallax_zp_mock.toml."""
RICH = 200
"""Pixels are judged that have more stars than this."""


def injected(workspace: vf.Workspace) -> pd.DataFrame:
    """Return what was put in beyond Lindegren's zero point, µas, and the true parallax, mas."""
    names = ["source_id", "parallax", "zero_point", "zero_point_l21", "zero_point_pattern"]
    truth = workspace.read("mock_truth", columns=names).to_pandas()
    truth["injected"] = 1e3 * (truth["zero_point"] - truth["zero_point_l21"])
    truth["pattern"] = 1e3 * truth["zero_point_pattern"]
    return truth.rename(columns={"parallax": "true_parallax"})[["source_id", "true_parallax", "injected", "pattern"]]


def main(folder: str) -> None:
    """Print recovered beside injected."""
    workspace = vf.Workspace(folder)
    truth = injected(workspace)
    columns = ["source_id", "astrometric_params_solved", "ra", "dec", "gl", "gb", "offset_corr"]
    giants = workspace.read("zp_giants", columns=columns).to_pandas()
    giants = giants[giants["astrometric_params_solved"] == 31].merge(truth, on="source_id")
    found = giants["offset_corr"].median()
    print(
        f"global offset of {len(giants):,} giants: injected {giants['injected'].median():.2f}, measured {found:.2f} uas"
    )
    for frame, lon, lat in (("galactic", "gl", "gb"), ("equatorial", "ra", "dec")):
        table = workspace.read(f"parallax_zp_map_{frame}").to_pandas()
        table = table[table["n"] > RICH]
        pixel = healpy.ang2pix(2**ORDER, giants[lon].to_numpy(), giants[lat].to_numpy(), nest=True, lonlat=True)
        mean = giants.groupby(pixel)["injected"].mean().loc[table["hindex"]].to_numpy()
        pull = (table["offset_corr"] - mean) / table["offset_corr_error"]
        correlation = np.corrcoef(table["offset_corr"], mean)[0, 1]
        print(
            f"{frame} map, {len(table)} pixels with more than {RICH} stars: correlation {correlation:.4f}, "
            f"scatter of pulls {pull.std():.3f}, within one error {np.mean(np.abs(pull) < 1):.3f}"
        )
    single = workspace.read("gaia_parallax_spatial").to_pandas().merge(truth, on="source_id")
    single = single[(single["spatial_flag"] == 0) & ~single["source_id"].isin(giants["source_id"])]
    left = 1e3 * (single["parallax_spatial"] - single["true_parallax"])
    core = np.abs(left - left.median()) < 100
    slope = np.polyfit(single["pattern"][core], left[core], 1)[0]
    print(
        f"gaia_parallax_spatial of {len(single):,} other sources: median {left.median():.2f} uas from the truth, "
        f"{100 * slope:.1f} % of the pattern left"
    )


if __name__ == "__main__":
    main(sys.argv[1])
