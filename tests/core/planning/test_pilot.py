"""Pilot runs: a part of the root sources' rows, beside the full products."""

import json

import engine_plugin
import numpy as np
import pytest
from engine_fixtures import project, site

from vacframe.core.columns.position import healpix29, pixel_of
from vacframe.core.contract.errors import PlanError, UsageError
from vacframe.workspace import Workspace

__all__ = ["project", "site"]


def space(project, name="ws"):
    return Workspace(project / name, project / "vacframe.toml")


def test_a_limit_takes_the_first_rows_of_the_root_alone(project):
    ws = space(project)
    pilot = ws.pilot(limit=30)
    assert pilot.build("joined", workers=1).ok
    stars = pilot.read("stars")
    first = np.sort(space(project, "all").build("stars", workers=1) and space(project, "all").read("stars")["star"])
    assert sorted(stars["star"].to_pylist()) == first[:30].tolist()
    assert pilot.read("partners").num_rows == 400  # what is joined stays whole
    assert pilot.read("joined").num_rows == 30
    assert not (ws.folder / "products").exists()
    assert pilot.version("joined").manifest["provenance"]["pilot"]["limit"] == 30


def test_a_pilot_is_fresh_the_second_time_and_from_its_own_folder(project):
    pilot = space(project).pilot(limit=30)
    pilot.build("fluxes", workers=1)
    again = Workspace(pilot.folder).build("fluxes", workers=1)
    assert all(p.ran == 0 for p in again.products)
    assert {t.action for t in Workspace(pilot.folder).plan("fluxes").tasks} == {"fresh"}
    assert Workspace(pilot.folder).read("fluxes").num_rows == 30


def test_a_limit_spares_the_files_behind_it(project):
    for number in range(40):
        engine_plugin.write_stars(project / f"stars_{number:02d}.parquet", 5, first=2000 + 10 * number)
    pilot = space(project).pilot(limit=3)
    pilot.build("stars", workers=1)
    state = json.loads((pilot.folder / "products" / "stars" / "scan" / "state.json").read_text())
    assert len(state["files"]) == 16
    assert pilot.read("stars").num_rows == 3


def test_where_and_pixels(project):
    ws = space(project)
    ws.build("stars", workers=1)
    full = ws.read("stars")
    bright = ws.pilot(where="mag < 3")
    bright.build("fluxes", workers=1)
    assert bright.read("fluxes").num_rows == int((full["mag"].to_numpy() < 3).sum())
    assert set(bright.rejects("stars")["reason"].to_pylist()) == {"not_in_pilot"}
    some = ws.pilot(pixels=["1/7", "Norder0/Npix3"])
    some.build("fluxes", workers=1)
    home = healpix29(full["ra"].to_numpy(), full["dec"].to_numpy())
    inside = (pixel_of(home, 1) == 7) | (pixel_of(home, 0) == 3)
    assert sorted(some.read("fluxes")["star"].to_pylist()) == sorted(full["star"].to_numpy()[inside].tolist())
    assert bright.folder != some.folder


def test_what_cannot_be_selected_is_said(project):
    ws = space(project)
    with pytest.raises(PlanError, match=r"'stars' has no column 'nope'"):
        ws.pilot(where="nope > 1").plan("fluxes")
    with pytest.raises(UsageError, match="order/pixel"):
        ws.pilot(pixels=["0/12"])
    with pytest.raises(UsageError, match="--limit"):
        ws.pilot()
