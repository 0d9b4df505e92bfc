"""The correction of Huang et al. (2024), star by star as their package describes it, on made-up tables."""

import numpy as np
import pytest
from vacframe_xp_uacsnet import plugin
from vacframe_xp_uacsnet.conformance import sampled_spectra, small_config, write_correction
from vacframe_xp_uacsnet.flags import Flag
from vacframe_xp_uacsnet.method.systematic_correction import Correction, read_tables, spectral_slopes

from vacframe import Batch, SourceFile, VacframeError, table_to_arrow
from vacframe.testing import run_product

GRID_STEP = 0.001


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Hold made-up tables on grids as fine as the package's."""
    place = tmp_path_factory.mktemp("tables")
    write_correction(place)
    return place


@pytest.fixture(scope="module")
def tables(folder):
    """Return the rows of `xp_correction_tables`."""
    files = [SourceFile(p.name, p) for p in sorted(folder.glob("*.csv"))]
    return run_product(plugin, "xp_correction_tables", files=files).table


def nearest(folder, grid, factors, x):
    points = np.loadtxt(folder / f"{grid}.csv")
    with open(folder / f"{factors}.csv") as file:
        lines = file.readlines()
    return np.array(lines[int(np.argmin(np.abs(points - round(x, 3))))].split(","), float)


def weighted_slope(flux, error, first, second):
    """Return a slope by polynomial fits of degree 0, as the package makes it."""
    wave = np.linspace(3360, 3360 + 20 * 342, 343)
    norm = flux[62:78].mean()
    norm_error = np.sqrt((error[62:78] ** 2).sum()) / 16
    scaled = flux / norm
    relative = np.sqrt((error / flux) ** 2 + (norm_error / norm) ** 2)
    fits = [np.polyfit(np.arange(s.stop - s.start), scaled[s], 0, w=relative[s] ** -2.0)[0] for s in (first, second)]
    return (fits[0] - fits[1]) / (wave[first].mean() / 1000 - wave[second].mean() / 1000)


@pytest.mark.parametrize(("g", "shape"), [(8.5, "bright"), (13.2, "inner"), (17.3, "common")])
def test_factors_are_the_packages(folder, tables, g, shape):
    spectra, _ = sampled_spectra(4)
    flux, error = spectra["flux"].astype(float), spectra["flux_error"].astype(float)
    found, covered, inside = Correction(Batch(tables)).factors(flux, error, np.full(4, g))
    assert covered.all()
    assert inside.all()
    c2 = weighted_slope(flux[0], error[0], slice(27, 49), slice(49, 71))
    c3 = weighted_slope(flux[0], error[0], slice(71, 102), slice(102, 133))
    expected = nearest(folder, "untruc_interC2_CM", "untruc_interyyC2_CM", c2)
    expected = expected * nearest(folder, "untruc_interC3_CM", "untruc_interyyC3_CM", c3)
    inner = nearest(folder, "untruc_interG_CM", "untruc_interyyG_CM", min(g, 17.122))
    if shape == "bright":
        expected = expected * inner
    else:
        common = nearest(folder, "interGext_CM", "untruc_interyyGext_CM", g) * inner[62:78].mean()
        scale = [nearest(folder, "inter_phot", f"inter_{band}", g)[0] for band in ("BP", "RP")]
        expected = expected * common * np.where(np.arange(343) < 105, scale[0], scale[1])
    np.testing.assert_allclose(found[0], expected, rtol=2e-5)


def test_spectra_off_the_tables_stay_and_are_flagged(tables):
    spectra, _ = sampled_spectra(6)
    wave = 336.0 + 2.0 * np.arange(343)
    spectra["flux"][2] = (1e-16 * (wave / 475.0) ** 12).astype(np.float32)
    spectra["phot_g_mean_mag"][3] = np.nan
    config = small_config(correction="xp_correction_tables")
    made = run_product(plugin, "xp_features", {"xp_sampled": spectra, "xp_correction_tables": tables}, config=config)
    plain = run_product(plugin, "xp_features", {"xp_sampled": spectra}, config=small_config())
    place = {k: row for row, k in enumerate(made.table["source_id"].to_pylist())}
    rows = [place[int(k)] for k in spectra["source_id"]]
    flags = made.table["flags"].to_numpy()[rows]
    np.testing.assert_array_equal((flags & Flag.NOT_CORRECTED) > 0, [False, False, True, True, False, False])
    same = [made.table["flux"][r].as_py() == plain.table["flux"][r].as_py() for r in rows]
    assert same == [False, False, True, True, False, False]
    assert "spectra without systematic correction" not in made.counts


def test_slopes_at_the_edge_of_the_tables_bid_caution(tables):
    # Slopes per 100 nm of straight spectra: C2 and C3 alike. The package warns at C2 < -1.2385 and at C3 > 1.0323.
    wave = 336.0 + 2.0 * np.arange(343)
    flux = np.maximum(1 + np.array([-1.3, -1.2, 1.0, 1.1])[:, None] * (wave - 475.0) / 100.0, 0.01)
    _, covered, inside = Correction(Batch(tables)).factors(flux, 1e-3 * flux, np.full(4, 13.0))
    assert covered.all()
    assert inside.tolist() == [False, True, True, False]


def test_slopes_of_a_straight_spectrum():
    # Flux 1 + 0.5 (λ - 475 nm) / 100 nm: the slope per 100 nm is 0.5, whatever the weights within a symmetric range.
    wave = 336.0 + 2.0 * np.arange(343)
    flux = 1 + 0.005 * (wave - 475.0)
    slopes = spectral_slopes(flux[None, :], 1e-3 * np.ones((1, 343)))
    np.testing.assert_allclose([slopes["C2"][0], slopes["C3"][0]], 0.5, rtol=0.05)


def test_a_missing_or_foreign_table_is_named(tmp_path, tables):
    names = np.array(tables["table"].to_pylist())
    with pytest.raises(VacframeError, match=r"inter_BP\.csv is missing"):
        Correction(Batch(tables.filter(names != "inter_BP")))
    (tmp_path / "other.csv").write_text("1,2\n")
    (tmp_path / "inter_BP.csv").write_text("wave,ext\n1,2\n")
    made = read_tables([SourceFile(n, tmp_path / n) for n in ("other.csv", "inter_BP.csv")])
    assert table_to_arrow(made.table).num_rows == 0
    assert [r["reason"] for r in made.rejects.to_arrow().to_pylist()] == ["unknown_table", "unreadable_file"]
