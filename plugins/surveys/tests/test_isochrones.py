"""PARSEC isochrones against known stars and published relations."""

import subprocess
import sys

import numpy as np
import pytest
from vacframe_surveys import plugin
from vacframe_surveys.config import SurveysConfig
from vacframe_surveys.readers import parsec_tables as parsec

from vacframe import PluginError, SourceFile
from vacframe.testing import run_product

SHARD = [SourceFile("0", shard=0)]


@pytest.fixture(scope="module")
def points():
    table = run_product(plugin, "isochrones", files=SHARD).table
    return {name: table[name].to_numpy() for name in table.column_names}


def choose(points, mh, gyr, phases=range(9)):
    """Return the points of the isochrone of [M/H] `mh` that is nearest in age."""
    at = np.isclose(points["mh"], mh)
    ages = np.unique(points["log_age"][at])
    age = ages[np.argmin(np.abs(ages - np.log10(gyr * 1e9)))]
    rows = at & (points["log_age"] == age) & np.isin(points["phase"], list(phases))
    return {name: values[rows] for name, values in points.items()}


def test_grid(points):
    assert len(np.unique(points["mh"])) == 21
    assert points["mh"].min() == pytest.approx(-2.19174)
    assert points["mh"].max() == pytest.approx(0.3)
    assert set(points["phase"].tolist()) == set(range(9))
    assert max(points[f"mag_{band}"].max() for band in ("j", "h", "ks", "g", "bp", "rp")) < 90
    absent = {"mag_w1", "mag_w2"}
    assert all(np.isfinite(values).all() for name, values in points.items() if name not in absent)
    assert all(np.isnan(points[name]).all() for name in absent)


def test_each_isochrone_comes_once(points):
    names = np.stack([points["mh"], points["log_age"]], axis=1)
    changes = 1 + np.count_nonzero(np.any(names[1:] != names[:-1], axis=1))
    assert len(np.unique(names, axis=0)) == changes


def test_the_sun(points):
    """5772 K and log g 4.438 (IAU 2015 nominal solar values) at 4.6 Gyr and one solar mass."""
    track = choose(points, 0.0, 4.6, phases=(1,))
    sun = {c: np.interp(1.0, track["m_initial"], track[c]) for c in ("teff", "logg", "log_l", "mag_g")}
    assert abs(sun["teff"] - 5772) < 150
    assert abs(sun["logg"] - 4.438) < 0.05
    assert abs(sun["log_l"]) < 0.06
    assert abs(sun["mag_g"] - 4.67) < 0.2  # Casagrande & VandenBerg 2018, MNRAS 479, L102


def test_ten_billion_years_is_the_life_of_a_solar_mass_on_the_main_sequence(points):
    """Schroeder & Connon Smith 2008, MNRAS 386, 155: the Sun leaves the main sequence at 10 Gyr."""
    assert choose(points, 0.0, 10.0, phases=(1,))["m_initial"].max() == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize("mh", [-1.95, -1.45, -1.0, -0.5, 0.0])
def test_tip_of_the_red_giant_branch(points, mh):
    """M_bol = -3.949 - 0.178 [M/H] + 0.008 [M/H]^2 (Salaris & Cassisi 1998, MNRAS 298, 166), M_bol of the Sun 4.74."""
    tip = choose(points, mh, 12.0, phases=(3,))["log_l"].max()
    assert tip == pytest.approx((4.74 + 3.949 + 0.178 * mh - 0.008 * mh**2) / 2.5, abs=0.1)


def test_red_clump(points):
    """M_Ks = -1.61 of the local red clump (Alves 2000, ApJ 539, 732)."""
    near = (points["phase"] == 4) & (np.abs(points["mh"] + 0.1) < 0.16) & (points["log_age"] > 9.3)
    clump = near & (points["log_age"] < 9.9) & (points["logg"] > 2.3)
    mean = np.average(points["mag_ks"][clump], weights=points["imf_weight"][clump])
    assert mean == pytest.approx(-1.61, abs=0.12)


def test_imf_weights_follow_kroupa(points):
    """Mean mass of Kroupa 2001, MNRAS 322, 231: m^-1.3 below half a solar mass, m^-2.3 above."""
    star = choose(points, 0.0, 1.0)

    def integral(power, low, high):
        return (high**power - low**power) / power

    low, high = star["m_initial"].min(), star["m_initial"].max()
    stars = integral(-0.3, low, 0.5) + 0.5 * integral(-1.3, 0.5, high)
    mass = integral(0.7, low, 0.5) + 0.5 * integral(-0.3, 0.5, high)
    mean = np.average(star["m_initial"], weights=star["imf_weight"])
    assert mean == pytest.approx(mass / stars, rel=0.02)
    assert (points["imf_weight"] >= 0).all()


def test_weights_add_up_and_never_run_backwards():
    cumulative = np.array([1.0, 1.5, 1.6, 1.59, 2.0, 0.5, 0.7])
    weights = parsec.imf_weights(cumulative, np.array([1, 1, 1, 1, 1, 2, 2]))
    np.testing.assert_allclose(weights, [0.25, 0.3, 0.05, 0.205, 0.205, 0.1, 0.1])


def test_one_grid_only():
    made = run_product(plugin, "isochrones", files=SHARD, config=SurveysConfig(isochrone_grids=("parsec_grid",)))
    assert len(set(made.table["mh"].to_pylist())) == 11


def test_no_shard_no_rows():
    assert run_product(plugin, "isochrones").table.num_rows == 0


def test_package_is_not_imported(points):
    code = (
        "import sys; from vacframe_surveys.readers.parsec_tables import read_isochrones as read;"
        "read(['parsec_grid_old']);"
        "sys.exit('chronos' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(parsec, "DISTRIBUTION", "no-such-distribution")
    with pytest.raises(PluginError, match="pip install no-such-distribution"):
        parsec.read_isochrones(["parsec_grid"])
