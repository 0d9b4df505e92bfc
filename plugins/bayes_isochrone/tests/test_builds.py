"""Builds from a user's files: what is wrong with a row is a flag or a counted reject, never a guess."""

import numpy as np
import pytest
from astropy.table import Table
from vacframe_bayes_isochrone.columns import Flag
from vacframe_bayes_isochrone.conformance import toy_isochrones, toy_stars

from vacframe import PlanError, Workspace

CONFIG = """
[sources.isochrone_observables]
files = ["stars.ecsv"]

[sources.isochrones]
files = ["isochrones.ecsv"]
reader = "table"

[plugins.bayes_isochrone]
prior = "flat"
mh_min = -1.0
mh_max = 0.2
mh_step = 0.2
age_min = 1.0
age_step = 2.0
age_turn = 4.0
segments = [{ phases = [1], points = 30 }, { phases = [3], points = 40 }]
"""


def workspace(folder, stars):
    """Write stars, isochrones and configuration, and return a workspace of them."""
    stars.write(folder / "stars.ecsv")
    Table(toy_isochrones()).write(folder / "isochrones.ecsv")
    (folder / "vacframe.toml").write_text(CONFIG)
    return Workspace(folder / "ws", folder / "vacframe.toml")


@pytest.fixture
def stars():
    return Table(toy_stars(14, complete=True))


def test_every_row_is_an_honest_row_or_a_reject(tmp_path, stars):
    stars = Table(stars, masked=True)
    stars["source_id"] = np.arange(14)
    stars["parallax"].mask[1] = stars["parallax_error"].mask[1] = True
    for band in ("j", "h", "ks"):
        stars[band][2] = np.nan
    stars["teff"][3] = 475000.0
    stars["parallax_error"][4] = 0.0
    stars["j_error"][5] = -0.03
    stars["teff_error"][6] = np.nan
    stars["parallax"][7] = 300.0
    stars["dec"][8] = 136.8
    stars["ra"].mask[9] = True
    stars["source_id"][10] = 0
    for name in ("teff", "logg", "feh"):
        stars[name][11] = stars[f"{name}_error"][11] = -9999.0
    space = workspace(tmp_path, stars)
    assert space.build("bayes_isochrone", workers=1).ok
    rejects = space.rejects("isochrone_observables").to_pylist()
    assert sorted((r["reason"], r["row"]) for r in rejects) == [
        ("duplicate_key", 10),
        ("no_position", 8),
        ("no_position", 9),
    ]
    found = {r["source_id"]: r for r in space.read("bayes_isochrone").to_pylist()}
    assert sorted(found) == [0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13]
    expected = {
        1: Flag.NO_PARALLAX, 2: Flag.NO_PHOTOMETRY | Flag.FEWER_BANDS, 3: Flag.OUTSIDE_GRID, 4: Flag.NO_PARALLAX,
        5: Flag.FEWER_BANDS, 6: Flag.NO_LABEL, 7: Flag.OUTSIDE_GRID, 11: Flag.NO_LABEL | Flag.NOT_GIANT,
    }  # fmt: skip
    about_inputs = Flag.NO_PARALLAX | Flag.FEWER_BANDS | Flag.NO_PHOTOMETRY | Flag.NO_LABEL | Flag.OUTSIDE_GRID
    for star in (0, *expected):
        flag = expected.get(star, Flag(0))
        assert found[star]["flag"] & about_inputs == flag & about_inputs, star
        without = flag & (Flag.NO_PHOTOMETRY | Flag.OUTSIDE_GRID)
        assert (found[star]["distance"] is None) == bool(without), star
    assert found[11]["flag"] & Flag.NOT_GIANT


def test_units_are_converted_or_refused(tmp_path, stars):
    stars["parallax"] *= 1e-3
    stars["parallax"].unit = "arcsec"
    space = workspace(tmp_path, stars)
    assert space.build("isochrone_observables", workers=1).ok
    made = space.read("isochrone_observables").sort_by("source_id")
    np.testing.assert_allclose(made["parallax"].to_numpy(), 1e3 * stars["parallax"][np.argsort(stars["source_id"])])
    stars["teff"].unit = "mag"
    stars.write(tmp_path / "stars.ecsv", overwrite=True)
    report = space.build("isochrone_observables", workers=1)
    assert not report.ok
    assert "column 'teff' is in 'mag', which does not convert to 'K'" in str(report.failures)


def test_a_column_that_is_not_there_is_named(tmp_path, stars):
    stars.remove_column("h")
    with pytest.raises(PlanError, match=r"needs column 'h' of isochrone_observables.*columns = \{ h"):
        workspace(tmp_path, stars).build("bayes_isochrone", workers=1)


def test_a_band_that_is_not_in_the_isochrones_is_named(tmp_path, stars):
    space = workspace(tmp_path, stars)
    text = CONFIG + 'bands = [{ name = "z", extinction = 0.5 }]\n'
    (tmp_path / "vacframe.toml").write_text(text)
    with pytest.raises(PlanError, match=r"needs column 'mag_z' of isochrones"):
        Workspace(space.folder, tmp_path / "vacframe.toml").build("isochrone_grid", workers=1)
