import numpy as np
import pyarrow as pa
import pytest
from vacframe_mock_survey import MockSurveyConfig, plugin
from vacframe_mock_survey.method.lamost.exposures import observe
from vacframe_mock_survey.method.lamost.spectrograph import WAVELENGTH, calibrated, spectral_types
from vacframe_mock_survey.method.photometry.extinction import extinction_curve
from vacframe_mock_survey.method.spectra.elements import MOLECULES
from vacframe_mock_survey.method.spectra.molecules import SHARES, atomic_hydrogen
from vacframe_mock_survey.method.spectra.rotation import PIXEL, broaden
from vacframe_mock_survey.method.spectra.sed import starlight
from vacframe_mock_survey.method.spectra.synthesis import normalised
from vacframe_mock_survey.method.spectra.tables import tables

from vacframe import Batch, RowRandom, text_seed, to_numpy
from vacframe.testing import product_of, run_product


def spectrum(teff, logg, feh=0.0, alpha=0.0, rv=0.0, carbon=0.0, nitrogen=0.0):
    labels = (teff, logg, feh, alpha, carbon, nitrogen, rv)
    return normalised(*(np.array([float(x)]) for x in labels))[0].astype(float)


def minimum(flux, guess, half=12.0):
    """Wavelength of the lowest point near `guess`, by a parabola through three pixels."""
    near = np.flatnonzero(np.abs(WAVELENGTH - guess) < half)
    k = near[np.argmin(flux[near])]
    left, middle, right = flux[k - 1 : k + 2]
    return WAVELENGTH[k] * 10 ** (1e-4 * 0.5 * (left - right) / (left - 2 * middle + right))


def width(flux, low, high):
    """Equivalent width, Å, over a range, of the normalised flux."""
    inside = (low < WAVELENGTH) & (high > WAVELENGTH)
    return float(np.sum((1 - flux[inside]) * WAVELENGTH[inside]) * 1e-4 * np.log(10))


# Vacuum wavelengths of NIST's atomic spectra database.
@pytest.mark.parametrize(
    ("star", "lines"),
    [
        ((5000, 2.5), (8500.36, 8544.44, 8664.52)),
        ((8000, 4.2), (6564.61, 4862.69, 4341.69, 4102.89)),
        ((4800, 4.6), (5168.76, 5174.13, 5185.05)),
        ((4500, 4.6), (5891.58, 5897.56)),
        ((5772, 4.44), (3934.78, 3969.59)),
    ],
    ids=["calcium triplet", "Balmer", "magnesium b", "sodium D", "calcium H K"],
)
def test_lines_lie_at_their_vacuum_wavelengths(star, lines):
    flux = spectrum(*star)
    for line in lines:
        # Blends move the minimum by a fraction of the resolution (2.9 Å at 5200 Å).
        assert minimum(flux, line, 4.0) == pytest.approx(line, abs=0.6)


def test_doppler_shift():
    rest = spectrum(5000, 2.5)
    for pixels in (3, -2):
        moved = spectrum(5000, 2.5, rv=299792.458 * (10.0 ** (1e-4 * pixels) - 1))
        np.testing.assert_allclose(moved[10:-10], np.roll(rest, pixels)[10:-10], atol=3e-3)


@pytest.mark.parametrize(
    ("low", "high", "published"),
    # Solar equivalent widths of the dominant lines in each range, Å (Moore et al. 1966, NBS Monograph 61).
    [(8536.0, 8553.0, 3.67), (8654.0, 8674.0, 2.60), (5889.0, 5899.5, 0.752 + 0.564), (5181.0, 5189.0, 1.584)],
    ids=["Ca II 8542", "Ca II 8662", "Na D", "Mg b1"],
)
def test_solar_equivalent_widths(low, high, published):
    assert width(spectrum(5772, 4.44), low, high) == pytest.approx(published, rel=0.5)


def test_response_to_labels():
    sun = (5772, 4.44)
    balmer, magnesium, iron, triplet = (4840, 4885), (5160, 5190), (5260, 5460), (8490, 8680)
    assert width(spectrum(7500, 4.2), *balmer) > 1.5 * width(spectrum(*sun), *balmer)
    assert width(spectrum(4800, 4.6), *magnesium) > 1.3 * width(spectrum(4800, 2.5), *magnesium)
    metal_poor = width(spectrum(*sun, -1.0), *iron)
    assert width(spectrum(*sun), *iron) > 1.5 * metal_poor > 4 * width(spectrum(*sun, -2.5), *iron)
    assert width(spectrum(*sun, -0.5, 0.3), *triplet) > 1.02 * width(spectrum(*sun, -0.5), *triplet)
    more = width(spectrum(*sun, -0.5, 0.3), *magnesium) / width(spectrum(*sun, -0.5), *magnesium)
    assert more > width(spectrum(*sun, -0.5, 0.3), *iron) / width(spectrum(*sun, -0.5), *iron) + 0.05
    # TiO in cool stars only; the G band in solar-type stars only.
    assert width(spectrum(3700, 1.0), 7053, 7200) > 1.8 * width(spectrum(4700, 2.0), 7053, 7200)
    assert width(spectrum(5500, 4.4), 4296, 4316) > 3 * width(spectrum(7800, 4.4), 4296, 4316)


def test_carbon_and_nitrogen():
    giant, g_band, blue_cn, red_cn = (4800, 2.5, -0.2), (4290, 4318), (4140, 4214), (8780, 9090)
    plain = spectrum(*giant)
    carbon, nitrogen = spectrum(*giant, carbon=0.3), spectrum(*giant, nitrogen=0.3)
    assert width(carbon, *g_band) > 1.03 * width(plain, *g_band)
    assert width(nitrogen, *g_band) == pytest.approx(width(plain, *g_band), rel=0.02)
    for flux in (carbon, nitrogen):
        assert width(flux, *blue_cn) > 1.02 * width(plain, *blue_cn)
        assert width(flux, *red_cn) > 1.02 * width(plain, *red_cn)
    # A carbon-enhanced very metal-poor giant: a strong G band where an ordinary one has a weak one.
    poor = (4900, 2.0, -2.8, 0.3)
    assert width(spectrum(*poor, carbon=1.5), *g_band) > 2 * width(spectrum(*poor), *g_band)


def indices(teff, logg):
    """TiO5 and CaH2 + CaH3 (Reid, Hawley & Gizis 1995), in vacuum."""
    star = {"teff": teff, "logg": logg, "feh": -0.1, "alpha_m": 0.0, "c_fe": 0.0, "n_fe": 0.0, "companion_light": 0.0}
    still = np.zeros(1)
    model, level = starlight({k: np.array([v]) for k, v in star.items()}, still, still, tables(), WAVELENGTH)
    bands = ((7127.96, 7136.97), (6815.88, 6847.89), (6961.92, 6991.93), (7043.94, 7047.94))
    tio5, cah2, cah3, reference = (
        (model * level)[0][(low < WAVELENGTH) & (high > WAVELENGTH)].mean() for low, high in bands
    )
    return tio5 / reference, (cah2 + cah3) / reference


def test_calcium_hydride_tells_dwarfs_from_giants():
    giants = np.array([indices(teff, 0.4 + (teff - 3200) / 600) for teff in range(3300, 4100, 100)])
    dwarfs = np.array([indices(teff, 4.9) for teff in (3300, 3400, 3500, 3600, 3700, 3800)])
    order = np.argsort(giants[:, 0])
    more = np.interp(dwarfs[:, 0], giants[order, 0], giants[order, 1]) - dwarfs[:, 1]
    assert (more > 0.12).all()
    # Dwarfs of solar metallicity: Lepine, Rich & Shara (2007, ApJ 669, 1235, eq. 1).
    expected = np.polynomial.polynomial.polyval(dwarfs[:, 1], [-0.050, -0.118, 0.670, -0.164])
    np.testing.assert_allclose(dwarfs[:, 0], expected, atol=0.08)


def band_of(table, name):
    """Mean opacity of a molecule at the lowest temperature on the survey's pixels."""
    shares = table.bands[list(MOLECULES).index(name), 0, :, table.band_offset :][:, : len(WAVELENGTH)]
    return SHARES @ shares


def test_heads_of_calcium_hydride():
    # Band heads of B-X (6382, 6389) and A-X (6903 to 6946 Å in air; Pearse & Gaydon, Identification of Molecular
    # Spectra): the sharpest maxima of each system.
    table = tables()
    band = band_of(table, "CaH")
    for low, high, first, last in ((6300, 6460, 6378, 6392), (6700, 7100, 6898, 6950)):
        inside = (low < WAVELENGTH) & (high > WAVELENGTH)
        strongest = WAVELENGTH[inside][np.argmax(band[inside])] / 1.000276
        assert first < strongest < last


def test_heads_of_vanadium_oxide():
    # Kirkpatrick, Henry & McCarthy (1991, table 5): VO at 7334-7534, 7851-7973 and 8521-8668 Å in air. The strongest
    # absorption near each lies there, or within 25 Å to the red of the last head, where the lines crowd.
    band = band_of(tables(), "VO")
    for low, high, first, last in ((7150, 7650, 7334, 7534), (7700, 8200, 7851, 7973), (8350, 8800, 8521, 8668)):
        inside = (low < WAVELENGTH) & (high > WAVELENGTH)
        strongest = WAVELENGTH[inside][np.argmax(band[inside])] / 1.000275
        assert first - 10 < strongest < last + 25


def test_hydrogen_molecules():
    # At 3000 K and 1 atm 7.9 % of pure hydrogen is dissociated (JANAF: log10 Kf of H, from half an H2, is -0.803).
    share = 0.0786
    nuclei = 2.0 * 1.01325e6 / (1.380649e-16 * 3000.0 * (1.0 + share))
    assert atomic_hydrogen(3000.0, nuclei) == pytest.approx(share, rel=0.1)


def test_normalised_flux_is_between_zero_and_one():
    labels = np.array([[3700, 0.5, 0.3, 0.3], [3700, 5.0, 0.3, 0.0], [8000, 3.5, -2.5, 0.4], [5000, 2.0, -2.5, 0.4]]).T
    flux = normalised(*labels, np.zeros(4), np.zeros(4), np.array([-500.0, 0.0, 30.0, 500.0]))
    assert np.isfinite(flux).all()
    assert flux.min() >= 0
    assert flux.max() <= 1.0 + 1e-6


@pytest.mark.parametrize("rows", [1, 7, 500])
def test_chunks_change_nothing(observations, rows):
    some = observations.slice(0, 60)
    whole = run_product(plugin, "lamost_spectra", {"mock_observations": some}).table
    per_row = product_of(plugin, "lamost_spectra").resources.row_bytes + 200
    assert run_product(plugin, "lamost_spectra", {"mock_observations": some}, chunk_bytes=rows * per_row).table.equals(
        whole
    )


def test_order_changes_nothing(observations):
    some = observations.slice(0, 20)
    turned = some.take(pa.array(np.arange(20)[::-1]))
    first, second = (run_product(plugin, "lamost_spectra", {"mock_observations": t}).table for t in (some, turned))
    assert first.equals(second)


def test_empty_input(observations):
    made = run_product(plugin, "lamost_spectra", {"mock_observations": observations.slice(0, 0)})
    assert made.table.num_rows == 0


def test_unknown_labels_give_no_spectrum(observations):
    some = observations.slice(0, 6)
    for name in ("teff", "snr_g", "rv"):
        k = some.column_names.index(name)
        some = some.set_column(
            k, some.schema.field(name), pa.array([None] * 5 + some[name].to_pylist()[5:], pa.float32())
        )
    table = run_product(plugin, "lamost_spectra", {"mock_observations": some}).table
    lost = np.isnan(table["snr_g"].to_pandas().to_numpy())
    assert lost.sum() == 5
    assert (to_numpy(table["mask"])[0][lost] == 1).all()
    assert (to_numpy(table["ivar"])[0][lost] == 0).all()
    assert np.isfinite(to_numpy(table["flux"])[0][~lost]).all()


def observed(observations, config, noise_seed):
    batch = Batch(observations)
    return observe(batch, config, lambda ids, s: RowRandom(ids, text_seed(noise_seed if s == "noise" else 0, s))), batch


def test_noise_matches_inverse_variance(observations):
    config = MockSurveyConfig(bad_pixel_fraction=0.0)
    (first, batch), (second, _) = (observed(observations.slice(0, 40), config, seed) for seed in (1, 2))
    difference = (first["flux"] - second["flux"]) * np.sqrt(first["ivar"] / 2)
    assert np.std(difference) == pytest.approx(1.0, abs=0.01)
    green = (WAVELENGTH > 4300) & (WAVELENGTH < 5300)
    snr = np.median((first["flux"] * np.sqrt(first["ivar"]))[:, green], axis=1)
    np.testing.assert_allclose(np.median(snr / batch["snr_g"]), 1.0, atol=0.15)
    ratio = np.median(np.sqrt(first["ivar"]) * first["flux"], axis=0)
    assert ratio[100] < 0.6 * ratio[1200]


def test_bad_pixels_and_missing_facts(observations):
    config = MockSurveyConfig(bad_pixel_fraction=0.01, missing_header_fraction=0.2, missing_redshift_fraction=0.1)
    table = run_product(
        plugin, "lamost_spectra", {"mock_observations": observations.slice(0, 400)}, config=config
    ).table
    mask, ivar = to_numpy(table["mask"])[0], to_numpy(table["ivar"])[0]
    assert mask.mean() == pytest.approx(0.01, rel=0.1)
    assert (ivar[mask == 1] == 0).all()
    assert (ivar[mask == 0] > 0).all()
    assert np.isfinite(to_numpy(table["flux"])[0]).all()
    assert table["planid"].null_count == table["spid"].null_count == pytest.approx(80, abs=30)
    assert table["z"].null_count == pytest.approx(40, abs=20)


def test_redshift_error(observations):
    bright = observations.filter(pa.array(observations["snr_g"].to_numpy() > 60))
    table = run_product(plugin, "lamost_spectra", {"mock_observations": bright.slice(0, 400)}).table
    rv = bright.select(["obsid", "rv"]).to_pandas().set_index("obsid")["rv"]
    error = table["z"].to_pandas().to_numpy() * 299792.458 - rv.loc[table["obsid"].to_numpy()].to_numpy()
    assert np.nanstd(error) == pytest.approx(5.0, rel=0.15)


def test_rotation():
    # A line much narrower than the broadening keeps its area, and its depth follows the profile (Gray 2008, 18.14):
    # at the centre, per velocity, (2 (1 - e) + pi e / 2) / (pi (1 - e / 3)) / v with e = 0.6.
    line = np.ones(201)
    line[100] = 0.0
    broaden(line, 300.0)
    assert np.sum(1 - line) == pytest.approx(1.0)
    expected = (0.8 + 0.3 * np.pi) / (np.pi * 0.8) / 300.0 * PIXEL
    assert 1 - line[100] == pytest.approx(expected, rel=0.05)
    assert np.abs(np.flatnonzero(line < 1) - 100).max() <= 300.0 / PIXEL + 1


def light_of(companion_light, companion_rv, rv):
    """Flux of a K dwarf with a cooler companion, continuum included."""
    star = {"teff": 5000.0, "logg": 4.5, "feh": 0.0, "alpha_m": 0.0, "c_fe": 0.0, "n_fe": 0.0, "companion_teff": 4000.0}
    star |= {"companion_logg": 4.7, "companion_light": companion_light}
    star = {name: np.array([value]) for name, value in star.items()}
    model, level = starlight(star, np.array([rv]), np.array([companion_rv]), tables(), WAVELENGTH)
    return (model * level)[0]


def test_light_of_companions_is_the_sum_of_two_stars():
    alone = light_of(np.nan, 0.0, 50.0)
    pair = light_of(0.3, -80.0, 50.0)
    second = pair - alone
    cool = spectrum(4000.0, 4.7, rv=-80.0)
    ratio = second / cool
    # What is left is the companion's continuum: smooth, redder than the star's, 0.3 of it at 6230 Å.
    assert np.abs(np.diff(np.log(ratio))).max() < 2e-3
    share = second / alone
    assert np.median(share[WAVELENGTH < 4300]) < 0.2 < 0.35 < np.median(share[WAVELENGTH > 8000])
    level = ratio / (alone / spectrum(5000.0, 4.5, rv=50.0))
    assert np.interp(6230.0, WAVELENGTH, level) == pytest.approx(0.3, rel=0.01)


def test_companions_move_about_the_pair(observations, truth):
    index = truth.to_pandas().set_index("source_id").loc[observations["source_id"].to_pandas()].reset_index()
    seen = observations.to_pandas()
    pair = index["is_binary"].to_numpy()
    # Momentum about the centre: nothing.
    first = (seen["rv"] - index["rv"]) * index["mass"]
    second = (seen["companion_rv"] - index["rv"]) * index["mass_ratio"] * index["mass_initial"]
    assert np.abs(first).max() > 10
    np.testing.assert_allclose((first + second)[pair], 0.0, atol=1e-3)
    assert seen["companion_light"].notna().equals(index["is_binary"])
    assert (index["companion_teff"][pair] < index["teff"][pair])[index["phase"] == "MS"].mean() > 0.99


def test_telluric_residuals(observations):
    some = observations.slice(0, 200)
    config = MockSurveyConfig(telluric_residual=0.3, bad_pixel_fraction=0.0)
    plain = MockSurveyConfig(telluric_residual=0.0, bad_pixel_fraction=0.0)
    first, second = (
        to_numpy(run_product(plugin, "lamost_spectra", {"mock_observations": some}, config=c).table["flux"])[0]
        for c in (config, plain)
    )
    ratio = np.log(np.maximum(first, 1e-9) / np.maximum(second, 1e-9))
    head = (WAVELENGTH > 7600) & (WAVELENGTH < 7610)
    depth = np.median(ratio[:, head], axis=1)
    # Depth 1.5 at the head, the band's and the species' errors in quadrature.
    assert np.std(depth) == pytest.approx(0.3 * np.hypot(1.0, 0.5) * 1.1, rel=0.3)
    assert np.abs(ratio[:, (WAVELENGTH > 5000) & (WAVELENGTH < 5800)]).max() == 0.0


def test_arms_meet_without_a_step():
    stars = {"ebv": np.zeros(200), "mag_r_sdss": np.full(200, 15.0)}
    level = calibrated(np.ones((200, len(WAVELENGTH))), stars, RowRandom(np.arange(200), 1))
    steps = np.abs(np.diff(np.log(level), axis=1))
    edge = np.searchsorted(WAVELENGTH, 5900.0)
    assert steps[:, edge - 2 : edge + 2].max() < 0.002
    assert np.log(level).std(axis=0).min() > 0.02


def test_extinction_curve():
    # Cardelli, Clayton & Mathis (1989): 1 at V, 0.8686 - 0.3660 / 3.1 at R (table 3), 1 + 1 / R_V at B.
    curve = extinction_curve(WAVELENGTH) / (0.86 * 3.1)
    for wavelength, expected in ((4405.3, 1 + 1 / 3.1), (6993.0, 0.8686 - 0.3660 / 3.1), (5494.5, 1.0)):
        assert np.interp(wavelength, WAVELENGTH, curve) == pytest.approx(expected, abs=0.01)


def test_spectral_types():
    assert spectral_types(np.array([3500.0, 4500.0, 5772.0, 6500.0, 8000.0])).tolist() == ["M2", "K5", "G2", "F5", "A6"]
