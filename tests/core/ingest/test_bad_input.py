"""Bad tables and settings of sources, through whole builds: what is said, what is counted, what stays."""

import re

import engine_plugin
import pytest

from vacframe.core.contract.errors import ConfigError, InputFileError, PlanError
from vacframe.workspace import Workspace

CONFIG = '[sources.stars]\nfiles = ["s*"]\n'
HEAD = "star,ra,dec,mag\n"
GOOD = HEAD + "1,10,10,1\n2,20,20,2\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    engine_plugin.activate(monkeypatch, tmp_path / "site")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "s1.csv").write_text(GOOD)
    (tmp_path / "files" / "vacframe.toml").write_text(CONFIG)
    return tmp_path / "files"


def space(project, *overrides):
    return Workspace(project / "ws", project / "vacframe.toml", overrides)


@pytest.fixture
def built(project):
    """A workspace in which the good file is built, and the digest of that."""
    ws = space(project)
    assert ws.build("fluxes", workers=1).ok
    return ws


def unharmed(ws, digest):
    return ws.version("fluxes").manifest["digest"] == digest and ws.read("fluxes").num_rows == 2 and not ws.verify()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("s2.csv", HEAD + "3,10,10,1\n4,20,20,abc\n", r"s2.csv: row 1 \(counted from 0\): column 'mag': .*'abc'"),
        ("s2.csv", HEAD + "3,10:20:30,10,1\n", r"s2.csv: row 0 .*column 'ra': .*'10:20:30'"),
        ("s2.csv", HEAD + "3,10,10,1\n4.5,20,20,1\n", r"s2.csv: row 1 .*column 'star': .*4.5"),
        ("s2.csv", HEAD + "99999999999999999999,1,1,1\n", r"s2.csv: row 0 .*column 'star': .*99999999999999999999"),
        ("s2.csv", "star,ra,dec,magn\n3,10,10,1\n", r"s2.csv: there is no column 'mag'.*Did you mean 'magn'"),
    ],
)
def test_a_cell_or_column_that_does_not_fit_is_one_error_that_says_where(built, project, name, content, said):
    digest = built.version("fluxes").manifest["digest"]
    (project / name).write_text(content)
    report = built.build("fluxes", workers=1)
    assert not report.ok
    (failure,) = report.failures
    assert failure.product == "stars"
    assert re.search(said, failure.error), failure.error
    assert unharmed(built, digest)
    (project / name).unlink()
    assert built.build("fluxes", workers=1).ran == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s2.csv", b""),
        ("s2.csv", b"<html><body>404 Not Found</body></html>"),
        ("s2.parquet", b"PAR1" + bytes(40)),
        ("s2.fits", b"SIMPLE  =                    T" + bytes(100)),
        ("s2.csv.gz", b"\x1f\x8b\x08\x00damaged"),
        ("s2.csv", HEAD.encode() + b"3,10,10,1\n4,20\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_counted_reject_beside_others(built, project, name, content):
    digest = built.version("fluxes").manifest["digest"]
    (project / name).write_bytes(content)
    report = built.build("fluxes", workers=1)
    assert report.ok
    assert report["stars"].rejects == {"unreadable_file": 1}
    (reject,) = built.rejects("stars").to_pylist()
    assert reject["file"].endswith(name)
    assert len(reject["detail"]) > 20
    assert unharmed(built, digest)


def test_files_of_which_nothing_can_be_used_are_one_failure_that_says_why(built, project):
    digest = built.version("fluxes").manifest["digest"]
    (project / "s1.csv").write_text(HEAD + "1,10,95,1\n2,20,-95,2\n")
    (project / "s2.csv").write_bytes(b"")
    for _ in range(2):
        report = built.build("summary", workers=1)
        (failure,) = report.failures
        assert (failure.product, report["stars"].failed, report["summary"].blocked) == ("stars", 1, True)
        assert "nothing of its 2 files can be used (2 no_position, 1 unreadable_file)." in failure.error
        assert re.search(r"The first: \S+s[12].csv: .{20}", failure.error)
        assert unharmed(built, digest)
    (project / "s1.csv").write_text(GOOD)
    assert built.build("summary", workers=1).ok


def test_the_only_file_that_cannot_be_read_is_an_error(project):
    (project / "s1.csv").write_bytes(b"")
    with pytest.raises(InputFileError, match=r"s1.csv: is empty"):
        space(project).build("fluxes", workers=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('where = "magg > 50"', r"where: 'magg' is no column of the product. Did you mean 'mag'"),
        ('units = { magg = "mag" }', r"units: 'magg' is no column of the product. Did you mean 'mag'"),
        ('derive = { mag = "magg + 1" }', r"derive: mag uses 'magg'.*Did you mean 'mag'"),
        ('columns = { mag = "magg" }', r"columns: mag = 'magg'.*Did you mean 'mag'"),
        ('columns = { magg = "mag" }', r"no column 'magg'. Did you mean 'mag'"),
        ('absent = ["mag"]', r"absent: 'mag' is a column of s1.csv; remove it"),
        ('absent = ["magg"]', r"absent: 'magg' is no column.*Did you mean 'mag'"),
        ('absent = ["star"]', r"absent: 'star' may not be null"),
        ('absent = ["ra"]', r"absent: 'ra' may not be null"),
        ('derive = { mag = "ra" }\nabsent = ["mag"]', r"absent: 'mag' is also in columns or derive"),
        ('columns = { star = "id" }', r"columns: star = 'id'.*no such column"),
        ('were = "mag > 1"', r"sources.stars.were: unknown key 'were'. Did you mean 'where'"),
        ('where = "mag >"', r"where of sources.stars|sources.stars.where"),
        ('reader = "tables"', r"reader.*'auto' or 'table'"),
    ],
)
def test_a_setting_that_does_not_fit_is_one_error_before_anything_runs(built, project, text, said):
    digest = built.version("fluxes").manifest["digest"]
    (project / "vacframe.toml").write_text(f"{CONFIG}{text}\n")
    with pytest.raises(ConfigError, match=said):
        space(project).build("fluxes", workers=1)
    assert unharmed(built, digest)


def test_a_column_that_the_files_lack_is_null_in_every_row_only_where_it_is_declared_absent(project):
    (project / "s1.csv").write_text("star,ra,dec\n1,10,10\n2,20,20\n")
    said = r'needs column \'mag\' of stars, which \[sources.stars\].*columns = { mag = "..." }.*absent = \["mag"\]'
    with pytest.raises(PlanError, match=said):
        space(project).plan("fluxes")
    (project / "vacframe.toml").write_text(f'{CONFIG}absent = ["mag"]\n')
    ws = space(project)
    assert ws.build("fluxes", workers=1).ok
    assert ws.read("stars", ["star", "mag"]).to_pylist() == [{"star": 1, "mag": None}, {"star": 2, "mag": None}]
    assert ws.read("fluxes")["flux"].null_count == 2


def test_options_that_a_plugins_reader_would_not_see_are_refused(project, monkeypatch):
    code = engine_plugin.CODE.replace(
        '"stars", kind="source",', '"stars", kind="source", files=vf.Files(formats=["csv"]),'
    )
    engine_plugin.install(project.parent / "site", code=code)
    for text in ('where = "mag > 1"', 'columns = { mag = "mag" }', 'absent = ["mag"]', "null_values = [-9999]"):
        (project / "vacframe.toml").write_text(f"{CONFIG}{text}\n")
        with pytest.raises(
            ConfigError, match=f"{text.split()[0]}: the reader of plugin 'synthetic'.*reader = \"table\""
        ):
            space(project).plan("fluxes")
    (project / "vacframe.toml").write_text(f'{CONFIG}where = "mag > 1"\nreader = "table"\n')
    report = space(project).build("fluxes", workers=1)
    assert report.ok
    assert report["stars"].rejects == {"where": 1}


def test_no_row_at_all_is_an_empty_product(project):
    (project / "vacframe.toml").write_text(f'{CONFIG}where = "mag > 50"\n')
    ws = space(project)
    report = ws.build("summary", "noisy", workers=1)
    assert report.ok
    assert report["stars"].rejects == {"where": 2}
    assert ws.read("noisy").num_rows == 0
    assert ws.read("noisy").column_names == ["_healpix_29", "star", "ra", "dec", "value"]
    assert ws.read("summary").to_pylist() == [{"total": 0.0, "number": 0}]


def test_positions_outside_the_sky_are_rejects_and_the_reason_says_how_to_wrap_them(project):
    outside = "3,400,10,1\n4,-20,10,1\n5,nan,10,1\n6,10,90.5,1\n7,10,,1\n"
    (project / "s1.csv").write_text(HEAD + "1,0,-90,1\n2,360,90,2\n" + outside)
    ws = space(project)
    assert ws.build("stars", workers=1)["stars"].rejects == {"no_position": 5}
    assert ws.read("stars")["ra"].to_pylist() == [360.0, 0.0]
    detail = ws.rejects("stars")["detail"][0].as_py()
    assert "outside 0 to 360 and -90 to 90 degrees" in detail
    (project / "vacframe.toml").write_text(CONFIG + detail.partition("180: ")[2])
    assert space(project).build("stars", workers=1)["stars"].rejects == {"no_position": 4}
    assert 340.0 in ws.read("stars")["ra"].to_pylist()


def test_values_that_stand_for_null_and_texts_of_other_systems(project):
    text = "\ufeff" + HEAD + "1,10,10,-9999\n2,20,20,2\n"
    (project / "s1.csv").write_text(text.replace("\n", "\r\n").replace(",", ";"), encoding="utf-8")
    (project / "vacframe.toml").write_text(f"{CONFIG}null_values = [-9999]\n")
    ws = space(project)
    assert ws.build("stars", workers=1).ok
    rows = {r["star"]: r["mag"] for r in ws.read("stars").to_pylist()}
    assert rows == {1: None, 2: 2.0}


def test_nulls_of_an_integer_column_stay_null_in_what_is_derived_from_it(project):
    (project / "s1.csv").write_text("star,ra,dec,count\n1,10,10,5\n2,20,20,\n")
    derived = '"where(count > 0, count + 1, count)"'
    (project / "vacframe.toml").write_text(f'{CONFIG}derive = {{ mag = {derived}, ra = "ra", dec = "10" }}\n')
    ws = space(project)
    assert ws.build("stars", workers=1).ok
    assert {r["star"]: (r["mag"], r["dec"]) for r in ws.read("stars").to_pylist()} == {1: (6.0, 10.0), 2: (None, 10.0)}


def test_a_derived_column_takes_the_place_of_the_files_own_in_an_undeclared_product(project):
    derived = 'key = "star"\nderive = { mag = "mag + 1" }'
    (project / "vacframe.toml").write_text(CONFIG.replace("stars", "others") + derived)
    ws = space(project)
    assert ws.build("others", workers=1).ok
    assert sorted(ws.read("others")["mag"].to_pylist()) == [2.0, 3.0]
