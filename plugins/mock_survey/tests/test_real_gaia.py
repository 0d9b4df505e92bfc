"""The mock's Gaia catalogue against random rows of the real one."""

import os
import warnings
from pathlib import Path

import numpy as np
import pandas
import pytest
from astropy.table import Table
from vacframe_mock_survey import MockSurveyConfig, plugin

from vacframe.testing import run_product

DATA = Path(os.environ.get("VACFRAME_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data")) / "gaia_random"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real Gaia rows at {DATA}")
COLUMNS = [
    "astrometric_params_solved", "phot_g_mean_mag", "phot_bp_mean_mag", "phot_rp_mean_mag", "parallax_error",
    "pmra_error", "pmdec_error", "ruwe", "phot_bp_rp_excess_factor", "nu_eff_used_in_astrometry", "pseudocolour_error",
    "ipd_gof_harmonic_amplitude", "ipd_frac_multi_peak", "pmra_pmdec_corr", "parallax_pmra_corr",
]  # fmt: skip


@pytest.fixture(scope="module")
def real():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = [Table.read(DATA / name).to_pandas()[COLUMNS] for name in ("gdr3_sm.fits", "gedr3_sm.fits")]
    return narrowed(pandas.concat(files))


@pytest.fixture(scope="module")
def mock(make_truth):
    truth = make_truth(stars=12000, shard_size=12000)
    made = run_product(plugin, "gaia_sources", {"mock_truth": truth}, config=MockSurveyConfig())
    return narrowed(made.table.to_pandas()[COLUMNS])


def narrowed(table):
    table["colour"] = table["phot_bp_mean_mag"] - table["phot_rp_mean_mag"]
    return table[table["phot_g_mean_mag"].between(14, 18)]


def five(table):
    return table[(table["astrometric_params_solved"] == 31) & table["colour"].between(0.5, 3.0)]


@pytest.mark.parametrize("low", [14, 15, 16, 17])
def test_errors_by_magnitude(mock, real, low):
    ours, theirs = (t[t["phot_g_mean_mag"].between(low, low + 1) & (t["ruwe"] < 1.4)] for t in map(five, (mock, real)))
    assert len(theirs) >= 25
    # The real rows are 25 to 160, their scatter 25 %.
    for name in ("parallax_error", "pmra_error", "pmdec_error"):
        assert ours[name].median() == pytest.approx(theirs[name].median(), rel=0.2), name
        spread = [np.log(t[name]).std() for t in (ours, theirs)]
        assert spread[0] == pytest.approx(spread[1], abs=0.12), name


def test_flags(mock, real):
    ours, theirs = five(mock), five(real)
    share = [(t["ruwe"] > 1.4).mean() for t in (ours, theirs)]
    assert share[0] == pytest.approx(share[1], abs=0.025)
    for part, tolerance in ((0.16, 0.5), (0.5, 0.3), (0.84, 0.5)):
        values = [t["ipd_gof_harmonic_amplitude"].quantile(part) for t in (ours, theirs)]
        assert values[0] == pytest.approx(values[1], rel=tolerance), part
    several = [(t["ipd_frac_multi_peak"] >= 2).mean() for t in (ours, theirs)]
    assert several[0] == pytest.approx(several[1], abs=0.06)
    six = [t[t["astrometric_params_solved"] == 95] for t in (mock, real)]
    assert [(t["ruwe"] > 1.4).mean() > 0.15 for t in six] == [True, True]
    assert six[0]["pseudocolour_error"].median() == pytest.approx(six[1]["pseudocolour_error"].median(), rel=0.3)


def test_colour_relations(mock, real):
    """The effective wavenumber and the excess factor against colour: cubic fits through the real rows."""
    ours, theirs = five(mock), five(real)
    for name, tolerance in (("nu_eff_used_in_astrometry", 0.01), ("phot_bp_rp_excess_factor", 0.03)):
        fit = np.polynomial.Polynomial.fit(theirs["colour"], theirs[name], 3)
        colours = np.linspace(0.8, 2.2, 8)
        near = [ours.loc[(ours["colour"] - c).abs() < 0.05, name].median() for c in colours]
        np.testing.assert_allclose(near, fit(colours), atol=tolerance, err_msg=name)
    for name in ("pmra_pmdec_corr", "parallax_pmra_corr"):
        assert ours[name].std() == pytest.approx(theirs[name].std(), abs=0.08)
