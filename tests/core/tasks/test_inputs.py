"""Needs through whole builds: margins over pixel edges, optional needs, conditions."""

import engine_plugin
import healpy
import needs_plugin
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vacframe.core.columns.pixel import margin_pixels
from vacframe.workspace import Workspace

MARGIN = needs_plugin.MARGIN


def edge_positions(orders=(0, 2), each=3, seed=2):
    """Positions within a fraction of the margin of pixel edges, of the meridian RA = 0 and of the poles."""
    random = np.random.default_rng(seed)
    points = [np.array([[0, 90], [123, 90], [0, -90], [77, -89.9], [200, 89.8]], float)]
    points.append(np.column_stack([np.tile([0.0, 359.999, 0.1], 7), np.repeat(np.linspace(-88, 88, 7), 3)]))
    for order in orders:
        pixels = random.choice(12 * 4**order, 4, replace=False)
        for pixel in pixels:
            corner = healpy.boundaries(1 << order, pixel, step=each, nest=True)
            points.append(np.column_stack(healpy.vec2ang(corner.T, lonlat=True)))
    ra, dec = np.concatenate(points).T
    dec = np.clip(dec + random.uniform(-0.4, 0.4, len(dec)) * MARGIN, -90, 90)
    ra = (ra + random.uniform(-0.4, 0.4, len(ra)) * MARGIN / np.maximum(np.cos(np.radians(dec)), 0.01)) % 360
    return ra, dec


def write(path, ra, dec, first=0):
    random = np.random.default_rng(first)
    star = np.arange(first, first + len(ra))
    pq.write_table(pa.table({"star": star, "ra": ra, "dec": dec, "mag": random.uniform(0, 10, len(ra))}), path)


@pytest.fixture
def project(tmp_path, monkeypatch):
    engine_plugin.activate(monkeypatch, tmp_path / "site", "needy", needs_plugin.CODE)
    write(tmp_path / "stars.parquet", *edge_positions())
    ra, dec = edge_positions(seed=7)
    write(tmp_path / "others.parquet", ra[::-1], dec[::-1])
    text = "".join(f'[sources.{n}]\nfiles = ["{n}.parquet"]\n' for n in ("stars", "others"))
    (tmp_path / "vacframe.toml").write_text(text)
    return tmp_path


def space(project, name="ws", *overrides):
    return Workspace(project / name, project / "vacframe.toml", overrides)


def columns(table, *names):
    return [table[n].to_numpy(zero_copy_only=False) for n in names]


def brute_force(project, bright=False):
    """Number of others, and the sum of their identifiers, within the margin of each star."""
    stars, others = (pq.read_table(project / f"{n}.parquet") for n in ("stars", "others"))
    if bright:
        others = others.filter(pa.array(others["mag"].to_numpy() > 5))
    a, b = (healpy.ang2vec(*columns(t, "ra", "dec"), lonlat=True) for t in (stars, others))
    near = np.degrees(np.arccos(np.clip(a @ b.T, -1, 1))) < MARGIN
    return near.sum(axis=1), (near * others["star"].to_numpy()).sum(axis=1)


@pytest.mark.parametrize("partition", ["pixel_order=0", "pixel_order=2", "partition_rows=25"])
def test_margins_over_pixel_edges_poles_and_the_meridian_equal_brute_force(project, partition):
    ws = space(project, "ws", partition)
    assert ws.build("neighbours", "bright_neighbours", workers=1).ok
    for product, bright in (("neighbours", False), ("bright_neighbours", True)):
        star, near, total = columns(ws.read(product), "star", "near", "total")
        expected = brute_force(project, bright)
        np.testing.assert_array_equal(near, expected[0][star])
        np.testing.assert_array_equal(total, expected[1][star])
    stars = ws.read("stars")
    order = 2 if partition == "pixel_order=2" else 0
    pixel = stars["_healpix_29"].to_numpy() >> np.int64(58 - 2 * order)
    assert len(np.unique(pixel)) > 8
    assert crossing(project, order) > 20


@pytest.mark.parametrize("partition", ["pixel_order=0", "pixel_order=2", "partition_rows=25"])
def test_a_catalogue_with_its_own_neighbours_has_each_row_once(project, partition):
    ws = space(project, "ws", partition)
    report = ws.build("crowding", workers=1)
    assert report.ok, report.failures
    assert ws.build("crowding", workers=1).ran == 0
    write(project / "others.parquet", *columns(pq.read_table(project / "stars.parquet"), "ra", "dec"))
    star, near, total = columns(ws.read("crowding"), "star", "near", "total")
    expected = brute_force(project)
    assert sorted(star) == list(range(len(expected[0])))
    np.testing.assert_array_equal(near, expected[0][star])
    np.testing.assert_array_equal(total, expected[1][star])


def crossing(project, order):
    """Number of pairs within the margin that lie in different pixels."""
    ab = [columns(pq.read_table(project / f"{n}.parquet"), "ra", "dec") for n in ("stars", "others")]
    pixels = [healpy.ang2pix(1 << order, ra, dec, nest=True, lonlat=True) for ra, dec in ab]
    a, b = (healpy.ang2vec(ra, dec, lonlat=True) for ra, dec in ab)
    near = np.degrees(np.arccos(np.clip(a @ b.T, -1, 1))) < MARGIN
    return int((near & (pixels[0][:, None] != pixels[1][None])).sum())


def test_a_change_within_the_margin_runs_what_it_touches_only(project):
    ws = space(project, "ws", "pixel_order=2")
    ws.build("neighbours", workers=1)
    parts = len(ws.version("neighbours").parts)
    table = pq.read_table(project / "others.parquet")
    dec = table["dec"].to_numpy().copy()
    dec[40] += 0.01 if dec[40] < 0 else -0.01
    pq.write_table(table.set_column(2, "dec", pa.array(dec)), project / "others.parquet")
    report = ws.build("neighbours", workers=1)
    assert 0 < report["neighbours"].ran < parts / 2
    star, near, total = columns(ws.read("neighbours"), "star", "near", "total")
    expected = brute_force(project)
    np.testing.assert_array_equal(near, expected[0][star])
    np.testing.assert_array_equal(total, expected[1][star])


@pytest.mark.parametrize("partition", ["pixel_order=0", "pixel_order=2"])
def test_conditions_choose_the_rows_of_a_product_and_of_a_partner(project, partition):
    ws = space(project, "ws", partition)
    assert ws.build("chosen", "partnered", workers=1).ok
    mag = pq.read_table(project / "stars.parquet")["mag"].to_numpy()
    star, double = columns(ws.read("chosen"), "star", "double")
    assert sorted(star) == list(np.flatnonzero(mag > 5))
    np.testing.assert_array_equal(double, 2 * mag[star])
    partner = pq.read_table(project / "others.parquet")["mag"].to_numpy()
    star, other = columns(ws.read("partnered"), "star", "other")
    np.testing.assert_array_equal(other, np.where(partner > 5, partner, np.nan)[star])


@pytest.mark.parametrize("partition", ["pixel_order=0", "pixel_order=2"])
def test_rows_of_same_needs_belong_together_even_where_one_product_lacks_some(project, partition):
    stars = pq.read_table(project / "stars.parquet")
    count = stars.num_rows
    dropped = np.arange(0, count, 3)
    kept = np.setdiff1d(np.arange(count), dropped)
    twins = stars.take(kept).set_column(3, "mag", pa.array(100.0 + kept))
    extra = {"star": count + np.arange(len(dropped)), "mag": np.full(len(dropped), -1.0)}
    extra |= {n: stars[n].take(dropped) for n in ("ra", "dec")}
    pq.write_table(pa.concat_tables([twins, pa.table(extra).select(twins.column_names)]), project / "twins.parquet")
    with (project / "vacframe.toml").open("a") as file:
        file.write('[sources.twins]\nfiles = ["twins.parquet"]\n')
    ws = space(project, "ws", partition, "build.chunk_mb=1")
    assert ws.build("paired", workers=1).ok
    star, other = columns(ws.read("paired"), "star", "other")
    np.testing.assert_array_equal(other, np.where(np.isin(star, dropped), np.nan, 100.0 + star))


@pytest.mark.parametrize("partition", ["pixel_order=0", "pixel_order=2"])
def test_several_rows_may_name_the_same_partner_and_some_none(project, partition):
    mag = pq.read_table(project / "stars.parquet")["mag"].to_numpy()
    random = np.random.default_rng(12)
    star = random.integers(0, len(mag) + 20, 500)
    none = random.random(500) < 0.2
    ra, dec = random.uniform(0, 360, 500), np.degrees(np.arcsin(random.uniform(-1, 1, 500)))
    table = {"link": np.arange(500), "ra": ra, "dec": dec, "star": pa.array(star, mask=none)}
    pq.write_table(pa.table(table), project / "links.parquet")
    with (project / "vacframe.toml").open("a") as file:
        file.write('[sources.links]\nfiles = ["links.parquet"]\n')
    ws = space(project, "ws", partition)
    assert ws.build("linked", workers=1).ok
    link, found = columns(ws.read("linked"), "link", "mag")
    expected = np.where(none | (star >= len(mag)), np.nan, mag[np.minimum(star, len(mag) - 1)])
    np.testing.assert_array_equal(found, expected[link])


KINDS = {
    "number": ("int32", []), "name": ("object", []), "good": ("bool", []), "value": ("float32", []),
    "vector": ("float32", [3]),
}  # fmt: skip


def said(ws):
    """What the product `patient` saw, per partition."""
    import json

    return [json.loads(t) for t in sorted(set(ws.read("patient")["said"].to_pylist()))]


def test_absent_optional_needs_arrive_as_typed_nulls(project):
    ws = space(project)
    assert ws.build("patient", workers=1).ok
    rows = {p: r["rows"] for p, r in ws.version("patient").parts.items()}
    seen = said(ws)
    assert {s["extras"][0] for s in seen} == set(rows.values())
    for s in seen:
        assert {c: (k[0], k[1]) for c, k in s["extras"][1].items()} == KINDS
        assert all(k[2] == s["extras"][0] for k in s["extras"][1].values())
        for name in ("more", "further", "rest"):
            assert s[name][0] == 0
            assert {c: (k[0], k[1]) for c, k in s[name][1].items() if c != "star"} == KINDS


def test_columns_that_an_optional_product_lacks_arrive_as_typed_nulls(project):
    stars = pq.read_table(project / "stars.parquet").drop_columns(["mag"])
    number = pa.array(np.arange(stars.num_rows), pa.int32())
    for name in ("extras", "more", "further", "rest"):
        pq.write_table(stars.append_column("number", number), project / f"{name}.parquet")
        with (project / "vacframe.toml").open("a") as file:
            file.write(f'[sources.{name}]\nfiles = ["{name}.parquet"]\nkey = "star"\n')
    ws = space(project)
    report = ws.build("patient", workers=1)
    assert report.ok, report.failures
    for s in said(ws):
        for rows, kinds in s.values():
            assert rows > 0
            assert kinds["number"] == ["int32", [], 0]
            assert {c: (k[0], k[1]) for c, k in kinds.items() if c != "star"} == KINDS
            assert all(kinds[c][2] == rows for c in ("name", "good", "value", "vector"))


def test_keys_may_be_texts(tmp_path, monkeypatch):
    code = engine_plugin.CODE.replace('vf.column("star", "int64"', 'vf.column("star", "string"')
    engine_plugin.activate(monkeypatch, tmp_path / "site", code=code)
    random = np.random.default_rng(6)
    table = engine_plugin.write_stars(tmp_path / "stars.parquet", 200)
    name = np.array([f"NGC {i}" for i in range(200)])
    pq.write_table(table.set_column(0, "star", pa.array(name)), tmp_path / "stars.parquet")
    partner = random.permutation(200)
    place = {"ra": random.uniform(0, 360, 200), "dec": random.uniform(-80, 80, 200)}
    pq.write_table(pa.table({"star": name[partner], **place, "value": partner * 1.0}), tmp_path / "partners.parquet")
    text = (
        '[sources.stars]\nfiles = ["stars.parquet"]\n[sources.partners]\nfiles = ["partners.parquet"]\nkey = "star"\n'
    )
    (tmp_path / "vacframe.toml").write_text(text)
    made = []
    for order in (0, 2):
        ws = space(tmp_path, f"ws{order}", f"pixel_order={order}")
        assert ws.build("joined", "noisy", workers=1).ok
        assert {r["star"]: r["other"] for r in ws.read("joined").to_pylist()} == {n: float(n[4:]) for n in name}
        made.append([ws.version(p).manifest["digest"] for p in ("joined", "noisy")])
    assert made[0] == made[1]


@pytest.mark.parametrize("margin", [2e-4, 0.01, 0.5, 4.0, 30.0])
def test_the_pixels_around_a_partition_hold_its_margin(margin):
    """Points as far from points of a partition as the margin, in any direction, near edges, corners and poles."""
    random = np.random.default_rng(3)
    inside = 0
    for order in (0, 1, 3, 6):
        parts = [0, *random.choice(12 << (2 * order), 5), (4 << (2 * order)) - 1]
        for pix in parts:
            around = margin_pixels((order, int(pix)), margin)
            if around is None:
                assert np.degrees(healpy.nside2resol(1 << order)) < 2 * margin
                continue
            fine, pixels = around
            assert len(pixels) <= 4 * (1 << (fine - order)) + 4
            edge = healpy.boundaries(1 << order, int(pix), step=100, nest=True).T
            tangent = random.normal(size=edge.shape)
            tangent -= (tangent * edge).sum(axis=1, keepdims=True) * edge
            tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
            angle = np.radians(margin) * 0.999
            found = healpy.vec2pix(1 << fine, *(np.cos(angle) * edge + np.sin(angle) * tangent).T, nest=True)
            own = found >> (2 * (fine - order)) == pix
            inside += own.sum()
            assert np.isin(found[~own], pixels).all()
            assert not (pixels >> (2 * (fine - order)) == pix).any()
    assert inside > 0 or margin > 4


def test_a_change_beyond_the_margin_runs_nothing(project):
    """Rows of a neighbouring partition that lie far from the edge are not read."""
    ws = space(project, "ws", "pixel_order=0")
    ws.build("neighbours", workers=1)
    table = pq.read_table(project / "others.parquet")
    ra, dec = (np.append(v, x) for v, x in zip(columns(table, "ra", "dec"), (90.0, 0.0), strict=True))
    write(project / "others.parquet", ra, dec)
    home = healpy.ang2pix(1, 90.0, 0.0, nest=True, lonlat=True)
    report = ws.build("neighbours", workers=1)
    assert report["neighbours"].ran == 1
    assert f"0/{home}" in ws.version("neighbours").parts
    star, near, total = columns(ws.read("neighbours"), "star", "near", "total")
    expected = brute_force(project)
    np.testing.assert_array_equal(near, expected[0][star])
    np.testing.assert_array_equal(total, expected[1][star])
