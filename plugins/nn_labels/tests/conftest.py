"""Made-up normalised spectra whose lines follow known labels, and a chain of the plugin's products on them."""

from types import SimpleNamespace

import pyarrow.compute as pc
import pytest
from vacframe_nn_labels import plugin
from vacframe_nn_labels.conformance import small_config, spectra_and_labels

from vacframe.testing import run_product


def make_training(spectra, labels, config):
    """Return what `nn_training_set` and `nn_training_counts` make."""
    tables = {"lamost_normalized": spectra, "reference_labels": labels}
    return [run_product(plugin, n, tables, config=config) for n in ("nn_training_set", "nn_training_counts")]


def make_model(stars, counts, config, seed=0):
    """Return what `nn_models` makes of the rows that a build would hand it."""
    inputs = {
        "nn_training_set": stars.filter(pc.field("in_training")),
        "nn_training_counts": counts.filter(pc.field("too_few")),
    }
    return run_product(plugin, "nn_models", inputs, config=config, seed=seed).model


@pytest.fixture(scope="session")
def kit():
    """Hand the functions above to the tests."""
    return SimpleNamespace(
        small_config=small_config,
        spectra_and_labels=spectra_and_labels,
        make_training=make_training,
        make_model=make_model,
    )


@pytest.fixture(scope="session")
def chain():
    """All products of the plugin on the made-up spectra."""
    config = small_config()
    spectra, labels = spectra_and_labels()
    stars, counts = (made.table for made in make_training(spectra, labels, config))
    model = make_model(stars, counts, config)
    inputs = {"lamost_normalized": spectra, "nn_models": model, "nn_training_set": stars}
    found = run_product(plugin, "nn_estimates", inputs, config=config)
    return SimpleNamespace(
        config=config,
        spectra=spectra,
        labels=labels,
        stars=stars,
        counts=counts,
        model=model,
        inputs=inputs,
        found=found,
    )
