import numpy as np
import pytest
from vacframe_mock_survey import MockSurveyConfig, plugin
from vacframe_mock_survey.method.sky_fields import SkyField

from vacframe.testing import run_product


def gaia(truth, **options):
    config = MockSurveyConfig(**options)
    made = run_product(plugin, "gaia_sources", {"mock_truth": truth}, config=config).table.to_pandas()
    return made.merge(truth.to_pandas(), how="left", on="source_id", suffixes=("", "_true")).set_index("source_id")


def pulls(table):
    """Differences in units of the stated error, of what Gaia measures; the zero point belongs to the parallax."""
    true = {"parallax": table["parallax_true"] + table["zero_point"], "radial_velocity": table["rv"]}
    true |= {name: table[f"{name}_true"] for name in ("pmra", "pmdec")}
    return {name: ((table[name] - value) / table[f"{name}_error"]).dropna() for name, value in true.items()}


def test_errors_are_true(truth):
    table = gaia(truth)
    for pull in pulls(table).values():
        assert pull.std() == pytest.approx(1.0, abs=0.06)
        assert abs(pull.mean()) < 0.1
    pull = (table["phot_g_mean_mag"] - table["mag_g"]) / table["phot_g_mean_mag_error"]
    assert pull.std() == pytest.approx(1.0, abs=0.06)


def test_errors_are_correlated_as_stated(make_truth):
    table = gaia(make_truth(stars=12000, shard_size=12000)).dropna(subset=["parallax"])
    pull = pulls(table)
    for first, second in (("parallax", "pmra"), ("parallax", "pmdec"), ("pmra", "pmdec")):
        stated = table[f"{first}_{second}_corr"]
        product = pull[first] * pull[second]
        # Regression of the product of two pulls on their correlation: slope 1, constant 0.
        slope, constant = np.polyfit(stated, product, 1)
        assert slope == pytest.approx(1.0, abs=0.2)
        assert constant == pytest.approx(0.0, abs=0.04)


def test_solutions(make_truth):
    truth = make_truth(stars=3000, missing_parallax_fraction=0.1, six_parameter_fraction=0.2)
    table = gaia(truth, ruwe_outlier_fraction=0.1)
    solved = table["astrometric_params_solved"]
    assert solved.value_counts(normalize=True).to_dict() == pytest.approx({31: 0.72, 95: 0.18, 3: 0.10}, abs=0.03)
    assert table["parallax"].isna().equals(solved == 3)
    assert table["nu_eff_used_in_astrometry"].notna().equals(solved == 31)
    assert table["pseudocolour"].notna().equals(solved == 95)
    single = table[~table["is_binary"]]
    assert (single.loc[solved == 31, "ruwe"] > 1.4).mean() == pytest.approx(0.1, abs=0.02)
    assert (single.loc[solved == 95, "ruwe"] > 1.4).mean() == pytest.approx(0.8, abs=0.05)
    # Median parallax error at G = 15, 0.023 mas (Lindegren et al. 2021, A&A 649, A2).
    near = table[(table["mag_g"] - 15).abs().lt(0.5) & (solved == 31) & (table["ruwe"] < 1.2)]
    assert near["parallax_error"].median() == pytest.approx(0.023, rel=0.2)


def test_orbits_of_years_raise_ruwe(make_truth):
    table = gaia(make_truth(stars=3000, binary_fraction=1.0), ruwe_outlier_fraction=0.0)
    near = table[(table["distance_kpc"] < 0.7) & (table["mass_ratio"] > 0.3) & (table["mass_ratio"] < 0.8)]
    years = near["period"] / 365.25
    assert near.loc[(years > 0.5) & (years < 5), "ruwe"].median() > 1.4
    assert table.loc[table["period"] < 10.0, "ruwe"].median() < 1.1
    assert near.loc[years > 100, "ruwe"].median() < 1.1


def test_zero_point_is_lindegrens_plus_pattern_plus_offset(make_truth):
    from zero_point import zpt

    truth = make_truth(stars=2000, zero_point_offset=7.0, zero_point_pattern=12.0, missing_parallax_fraction=0.0)
    table = gaia(truth)
    zpt.load_tables()
    inside = table["nu_eff_used_in_astrometry"].between(1.11, 1.89) | table["pseudocolour"].notna()
    names = ["mag_g", "nu_eff_used_in_astrometry", "pseudocolour", "ecl_lat", "astrometric_params_solved"]
    five = inside & (table["astrometric_params_solved"] == 31)
    expected = zpt.get_zpt(*(table.loc[five, n].to_numpy(float) for n in names), _warnings=False)
    np.testing.assert_allclose(table.loc[five, "zero_point_l21"], expected, atol=2e-6)
    rest = table["zero_point"] - table["zero_point_l21"] - table["zero_point_pattern"]
    np.testing.assert_allclose(rest, 0.007, atol=1e-9)
    assert 1e3 * table["zero_point_pattern"].std() == pytest.approx(12.0, rel=0.5)
    assert abs(1e3 * table["zero_point_pattern"].mean()) < 8.0


def test_injected_offset_comes_back(make_truth):
    # Of a survey without pattern: parallax less Lindegren's zero point less the true parallax.
    truth = make_truth(stars=3000, zero_point_offset=300.0, zero_point_pattern=0.0)
    table = gaia(truth)
    left = (table["parallax"] - table["zero_point_l21"] - table["parallax_true"]).dropna()
    weight = 1.0 / table.loc[left.index, "parallax_error"] ** 2
    assert 1e3 * np.average(left, weights=weight) == pytest.approx(300.0, abs=3.0 * 1e3 / float(np.sqrt(weight.sum())))


def test_field_is_smooth_and_seeded():
    longitude = np.linspace(0.0, 360.0, 721)
    field = SkyField(1, "some field", 120.0, 20.0)
    values = field(longitude, np.full(721, 20.0))
    assert values[0] == pytest.approx(values[-1], abs=1e-9)
    # Half a degree is 1/40 of the shortest wave, 2 pi / 40 of its phase; 64 waves add up to 8 times one.
    assert np.abs(np.diff(values)).max() < 8 * np.sqrt(2) * 2 * np.pi / 40
    assert np.array_equal(values, SkyField(1, "some field", 120.0, 20.0)(longitude, np.full(721, 20.0)))
    assert not np.allclose(values, SkyField(2, "some field", 120.0, 20.0)(longitude, np.full(721, 20.0)))


def test_field_has_mean_zero_and_rms_one():
    import healpy

    ra, dec = healpy.pix2ang(32, np.arange(12 * 32**2), lonlat=True)
    maps = np.array([SkyField(seed, "f", 120.0, 20.0)(ra, dec) for seed in range(12)])
    assert np.abs(maps.mean(axis=1)).max() < 1e-3
    assert np.sqrt((maps**2).mean()) == pytest.approx(1.0, abs=0.1)


def test_colour_excess_outliers(truth):
    table = gaia(truth, blend_fraction=0.1)
    colour = table["phot_bp_mean_mag"] - table["phot_rp_mean_mag"]
    # Riello et al. (2021, A&A 649, A3), table 2 and eq. 18.
    locus = 1.162004 + 0.011464 * colour + 0.049255 * colour**2 - 0.005879 * colour**3
    assert table.loc[colour < 0.5, "phot_bp_rp_excess_factor"].median() == pytest.approx(1.17, abs=0.01)
    sigma = 0.0059898 + 8.817481e-12 * table["phot_g_mean_mag"] ** 7.618399
    far = ((table["phot_bp_rp_excess_factor"] - locus) / sigma > 5)[colour > 0.5]
    assert far.mean() == pytest.approx(0.1, abs=0.02)
