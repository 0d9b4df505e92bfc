"""Lindegren's zero point against the authors' own package and against values computed by others."""

import tomllib
import warnings

import numpy as np
import pyarrow.parquet as pq
import pytest
from vacframe_parallax_zp import plugin
from vacframe_parallax_zp.conformance import chain
from vacframe_parallax_zp.method.lindegren_2021 import FIVE, SIX, zero_points
from vacframe_parallax_zp.products.gaia_parallax_l21 import ZERO_POINT_INPUTS

from vacframe.testing import run_product

TOLERANCE = 1e-6 * (1 + 1e-6)
"""mas; the package rounds to six decimals."""


@pytest.fixture(scope="module")
def package():
    zpt = pytest.importorskip("zero_point.zpt")
    zpt.load_tables()

    def compute(*columns):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return zpt.get_zpt(*columns)

    return compute


@pytest.mark.parametrize("solution", [FIVE, SIX])
def test_equals_the_package_within_and_beyond_the_calibrated_range(package, solution):
    rng = np.random.default_rng(3)
    n = 200_000
    magnitude, colour = rng.uniform(3, 23, n), rng.uniform(0.9, 2.1, n)
    # On the nodes themselves too.
    magnitude[:26] = np.repeat([6.0, 10.8, 11.2, 11.8, 12.2, 12.9, 13.1, 15.9, 16.1, 17.5, 19.0, 20.0, 21.0], 2)
    colour[:4] = (1.24, 1.48, 1.72, 1.9)
    columns = (magnitude, colour, colour, rng.uniform(-90, 90, n), np.full(n, solution))
    assert np.abs(zero_points(*columns).value - package(*columns)).max() <= TOLERANCE


def test_every_star_of_the_oracle(oracle):
    found = zero_points(*(oracle[name] for name in ZERO_POINT_INPUTS))
    assert len(found.value) > 36_000
    assert np.abs(found.value - oracle["published_zero_point"]).max() <= TOLERANCE


def test_flags():
    nan = np.nan
    #        inside  bright faint blue  red   6p ok 6p red no nu  no G  2p   other  no latitude
    g = [15.0, 5.0, 21.0, 15.0, 15.0, 15.0, 15.0, 15.0, nan, 15.0, 15.0, 15.0]
    nu = [1.5, 1.5, 1.5, 1.95, 1.1, nan, nan, nan, 1.5, 1.5, 1.5, 1.5]
    pseudo = [nan, nan, nan, nan, nan, 1.5, 1.2, 1.5, nan, nan, nan, nan]
    latitude = [10.0] * 11 + [nan]
    solved = [31, 31, 31, 31, 31, 95, 95, 31, 31, 3, 7, 31]
    found = zero_points(*(np.array(v) for v in (g, nu, pseudo, latitude, solved)))
    assert found.flag.tolist() == [0, 1, 1, 2, 2, 0, 2, 4, 4, 8, 8, 4]
    assert np.array_equal(np.isnan(found.value), found.flag >= 4)


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="different shapes"):
        zero_points(np.ones(3), np.ones(3), np.ones(2), np.ones(3), np.full(3, 31))


def test_every_real_source_is_kept(shared, package):
    path = shared / "gaia_edr3_fields" / "gaia_edr3_fields.parquet"
    if not path.is_file():
        pytest.skip(f"real Gaia sources are not at {path}")
    table = pq.read_table(path)
    found = run_product(plugin, "gaia_parallax_l21", {"gaia_sources": table}).table.to_pandas().set_index("source_id")
    rows = table.to_pandas().set_index("source_id").loc[found.index]
    assert len(found) == 43_993
    two = rows["astrometric_params_solved"] == 3
    assert two.sum() == 4205
    assert (found["zero_point_flag"][two] == 8).all()
    assert found["zero_point"][two].isna().all()
    usable = rows[~two]
    expected = package(*(usable[name].to_numpy() for name in ZERO_POINT_INPUTS))
    assert np.nanmax(np.abs(found["zero_point"][~two] - expected)) <= TOLERANCE
    assert np.array_equal(found["zero_point"][~two].isna(), np.isnan(expected))
    corrected = usable["parallax"] - found["zero_point"][~two]
    assert np.allclose(found["parallax_corrected"][~two], corrected, atol=1e-12, equal_nan=True)


def test_globular_clusters(oracle, clusters, shared):
    """Median over clusters of parallax - 1/distance, five-parameter stars: about -26 µas raw, about +7 corrected.

    The two numbers are those of the data's README; distances are Baumgardt & Vasiliev (2021). All stars together give
    what the paper has from giants, -27.9 and +2.6, within the error of this sample.
    """
    path = shared / "gc_distances" / "result.txt"
    if not path.is_file():
        pytest.skip(f"distances of globular clusters are not at {path}")
    settings = tomllib.loads(clusters.CONFIGURATION)["plugins"]["parallax_zp"]
    config = plugin.config_model(**settings)
    distances = clusters.member_distances(oracle, clusters.read_distances(path))
    sources = {name: values for name, values in oracle.items() if values.dtype.kind != "U"}
    tables = chain({"gaia_sources": sources, "cluster_distances": distances}, config, until="zp_candidates")
    found = tables["zp_candidates"].to_pandas()
    found = found[found["astrometric_params_solved"] == FIVE]
    by_cluster = found.groupby(oracle["cluster"][found["source_id"] - 1])[["offset_noncorr", "offset_corr"]].median()
    assert len(by_cluster) == 9
    assert by_cluster["offset_noncorr"].median() == pytest.approx(-26, abs=2)
    assert by_cluster["offset_corr"].median() == pytest.approx(7, abs=2)
    made = run_product(plugin, "parallax_zp_global", tables, config=config).table.to_pylist()
    for row, paper in zip(made[:2], (-27.9, 2.6), strict=True):
        assert row["offset"] == pytest.approx(paper, abs=3 * row["offset_error"])
