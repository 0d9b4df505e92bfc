"""The stars made of the real PARSEC isochrones, against published colours and magnitudes."""

import numpy as np
import pytest
from vacframe_mock_survey import MockSurveyConfig
from vacframe_mock_survey.method.drawing.stars import draw_stars
from vacframe_mock_survey.method.drawing.survey import Survey
from vacframe_mock_survey.method.photometry.bands import absolute_magnitudes
from vacframe_mock_survey.method.stars.tracks import NODES

READER = "vacframe_surveys.readers.parsec_tables"
parsec = pytest.importorskip(READER, reason="the plugin surveys, which reads PARSEC's isochrones")


@pytest.fixture(scope="module")
def isochrones():
    return parsec.read_isochrones(("parsec_grid", "parsec_grid_old"))


@pytest.fixture(scope="module")
def survey(isochrones):
    config = MockSurveyConfig(stars=8000, m_giant_fraction=0.1, cluster_fraction=0.3, dec_min=0.0, dec_max=45.0)
    return Survey(isochrones, config, 3)


@pytest.fixture(scope="module")
def stars(survey):
    return draw_stars(np.arange(8000), survey)


def test_the_sun(survey):
    # The point of the main sequence of 4.6 Gyr and solar metallicity with the Sun's temperature.
    mh, age = np.array([0.0]), np.log10(np.array([4.6e9]))
    points = [survey.tracks.interpolate(mh, age, np.array([k]), np.array([0.0])) for k in range(NODES)]
    warm = np.array([p["log_teff"][0] for p in points])
    model = {n: np.array([np.interp(np.log10(5772), warm, [p[n][0] for p in points])]) for n in points[0]}
    sun = absolute_magnitudes(model, 10 ** model["log_teff"], model["logg"])
    # Willmer (2018, ApJS 236, 47): Vega for all but g, r, i (AB).
    published = {
        "g": 4.67, "bp": 5.00, "rp": 4.17, "j": 3.67, "h": 3.32, "ks": 3.27, "w1": 3.26, "w2": 3.28,
        "b_apass": 5.44, "v_apass": 4.81, "g_sdss": 5.11, "r_sdss": 4.65, "i_sdss": 4.53,
    }  # fmt: skip
    difference = {n: round(float(sun[n][0] - sun["g"][0]) - m + published["g"], 2) for n, m in published.items()}
    assert {n: d for n, d in difference.items() if abs(d) > 0.06} == {}


@pytest.mark.parametrize(
    ("cluster", "gyr", "phase", "name", "bright", "faint"),
    [("NGC 5904", 11.5, 3, "RGB", -1.0, 2.5), ("NGC 2682", 3.6, 1, "MS", 4.2, 6.0)],
)
def test_clusters_lie_on_their_isochrones(stars, isochrones, cluster, gyr, phase, name, bright, faint):
    rows = (stars["cluster"] == cluster) & ~stars["is_binary"] & (stars["phase"] == name)
    rows &= (stars["abs_g"] > bright) & (stars["abs_g"] < faint)
    assert rows.sum() > 5
    mh, log_age = np.median(stars["mh"][rows]), stars["log_age"][rows][0]
    assert 10 ** (log_age - 9) == pytest.approx(gyr)
    edges = []
    for edge in (isochrones["mh"][isochrones["mh"] < mh].max(), isochrones["mh"][isochrones["mh"] > mh].min()):
        ages = np.unique(isochrones["log_age"][isochrones["mh"] == edge])
        age = ages[np.abs(ages - log_age).argmin()]
        track = (isochrones["mh"] == edge) & (isochrones["log_age"] == age) & (isochrones["phase"] == phase)
        order = np.argsort(isochrones["mag_g"][track])
        colour = (isochrones["mag_bp"] - isochrones["mag_rp"])[track][order]
        edges.append(np.interp(stars["abs_g"][rows], isochrones["mag_g"][track][order], colour))
    colour = (stars["abs_bp"] - stars["abs_rp"])[rows]
    # Between the isochrones of the neighbouring metallicities, but for the scatter of 0.02 dex and their curvature.
    assert (colour > np.minimum(*edges) - 0.03).all()
    assert (colour < np.maximum(*edges) + 0.03).all()


def test_red_clump(stars):
    # Hawkins et al. (2017, MNRAS 471, 722): M_Ks -1.61 +/- 0.01, M_J -0.93, M_G 0.44 of the clump.
    clump = (stars["phase"] == "RC") & (stars["mh"] > -0.5) & (stars["population"] == "thin") & (stars["log_age"] > 9.3)
    assert np.median(stars["abs_ks"][clump]) == pytest.approx(-1.61, abs=0.12)
    assert np.median(stars["abs_g"][clump]) == pytest.approx(0.44, abs=0.2)


def test_cool_stars_have_the_colours_of_giants_and_dwarfs(stars):
    colour, w = stars["abs_j"] - stars["abs_ks"], stars["abs_w1"] - stars["abs_w2"]
    giants = stars["is_giant"] & (stars["teff"] < 3900) & (stars["mh"] > -1)
    # The clump of M giants of METHODS (Li et al. 2016): 0.85 < J-K < 1.3, J-K > 1.45 (W1-W2) + 1.05.
    assert np.mean((colour > 0.85) & (colour < 1.3) & (colour > 1.45 * w + 1.05)) < 0.5
    assert np.mean(((colour > 0.85) & (colour < 1.3) & (colour > 1.45 * w + 1.05))[giants]) > 0.9
    dwarfs = ~stars["is_giant"] & (stars["teff"] < 3900)
    assert np.median(colour[dwarfs]) == pytest.approx(0.84, abs=0.06)
    assert np.mean((colour > 1.45 * w + 1.05)[dwarfs]) < 0.02


def test_magnitude_limits_hold(stars):
    field = ~np.isin(stars["population"], ["sagittarius"])
    inside = (stars["mag_r_sdss"] > 8.8) & (stars["mag_r_sdss"] < 18.0)
    assert inside[field].mean() > 0.995


def test_raw_parallaxes_of_giants_have_the_published_offset(stars):
    # Wang et al. (2021): raw median offset of giants -27.9 µas; a pattern of 10 µas moves that of one part of the sky.
    giants = (stars["logg"] < 3.8) & (stars["parallax"] < 1.5) & (stars["astrometric_params_solved"] == 31)
    giants &= stars["snr_g"] > 50
    left = stars["zero_point"] - stars["zero_point_pattern"]
    assert 1e3 * np.median(left[giants]) == pytest.approx(-27.9, abs=5.0)
