"""Labels can be learned from the spectra, and the worse the noisier they are."""

import numpy as np
from vacframe_mock_survey import MockSurveyConfig, plugin
from vacframe_mock_survey.method.lamost.spectrograph import WAVELENGTH

from vacframe import to_numpy
from vacframe.testing import run_product


def features(table):
    """Flux over a sixth-order polynomial in 4500-5800 and 8450-8950 Å, at rest, bad pixels filled from neighbours."""
    flux, mask, z = (to_numpy(table[name])[0] for name in ("flux", "mask", "z"))
    good = np.empty(flux.shape)
    for row, spectrum, bad, redshift in zip(good, flux, mask == 1, z, strict=True):
        row[:] = np.interp(WAVELENGTH * (1 + redshift), WAVELENGTH[~bad], spectrum[~bad].astype(float))
    out = []
    for low, high in ((4500, 5800), (8450, 8950)):
        inside = (low < WAVELENGTH) & (high > WAVELENGTH)
        basis = np.linalg.qr(np.vander(np.linspace(-1, 1, inside.sum()), 7))[0]
        out.append(good[:, inside] / (good[:, inside] @ basis @ basis.T))
    return np.hstack(out)


def scatter(make_truth, snr):
    """Robust scatter of ridge regression on 20 principal components and their products, one half on the other."""
    config = {"snr_median": snr, "snr_scatter": 0.0, "missing_redshift_fraction": 0.0, "r_min": 13.9, "r_max": 14.1}
    truth = make_truth(stars=1200, product="mock_observations", repeat_fraction=0.0, **config)
    table = run_product(plugin, "lamost_spectra", {"mock_observations": truth}, config=MockSurveyConfig(**config)).table
    labels = truth.to_pandas().set_index("obsid").loc[table["obsid"].to_numpy()]
    train = np.arange(1200) % 2 == 0
    x = features(table)
    x = x - x[train].mean(axis=0)
    # Principal components from the small Gram matrix of the training spectra.
    basis = x[train].T @ np.linalg.eigh(x[train] @ x[train].T)[1][:, -20:][:, ::-1]
    parts = x @ basis
    parts /= parts[train].std(axis=0)
    products = [parts[:, i] * parts[:, j] for i in range(8) for j in range(i, 8)]
    design = np.column_stack([np.ones(1200), parts, *products])
    out = {}
    for name in ("teff", "logg", "feh", "alpha_m"):
        y = labels[name].to_numpy(float)
        normal = design[train].T @ design[train] + np.eye(design.shape[1])
        residual = (design @ np.linalg.solve(normal, design[train].T @ y[train]) - y)[~train]
        out[name] = 1.4826 * np.median(np.abs(residual - np.median(residual)))
    return out


def test_labels_are_learnable(make_truth):
    good, poor = scatter(make_truth, 100.0), scatter(make_truth, 10.0)
    limits = {"teff": 100.0, "logg": 0.2, "feh": 0.12, "alpha_m": 0.06}
    assert {n: good[n] for n in limits if good[n] > limits[n]} == {}
    assert all(poor[n] > 1.5 * good[n] for n in limits), (good, poor)
