"""The real data, where they are, and a chain of the plugin's products on made-up spectra."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from vacframe_xp_uacsnet import plugin
from vacframe_xp_uacsnet.conformance import sampled_spectra, small_config

from vacframe.testing import run_product


@pytest.fixture(scope="session")
def shared_data():
    """Return the folder of real data, or skip."""
    default = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    folder = Path(os.environ.get("VACFRAME_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not there (VACFRAME_SHARED_DATA names another folder)")
    return folder


@pytest.fixture(scope="session")
def chain():
    """All products on made-up spectra; the network is small but trained to the end."""
    network = {
        "epochs": 200,
        "averaging": 0.99,
        "decay": True,
        "trunk": (32, 16, 8),
        "members": 2,
        "validation_fraction": 0.2,
    }
    config = small_config(network=network)
    spectra, labels = sampled_spectra(600)
    made = {"xp_sampled": spectra, "reference_labels": labels}
    for name in ("xp_features", "xp_training_set", "uacsnet_model", "xp_metallicities", "xp_calibration"):
        result = run_product(plugin, name, made, config=config)
        made[name] = result.table if result.model is None else result.model
    return SimpleNamespace(config=config, labels=labels, made=made)
