"""Synthetic LAMOST files in each layout, and the real data where they are."""

import os
from pathlib import Path

import pytest
from vacframe_surveys import plugin
from vacframe_surveys.config import SurveysConfig
from vacframe_surveys.conformance import write_lamost

from vacframe import SourceFile
from vacframe.testing import run_product


@pytest.fixture
def write(tmp_path):
    """Return a function that writes one file into the test's folder."""

    def make(name="spec-1.fits.gz", **options):
        return write_lamost(tmp_path / name, **options)

    return make


@pytest.fixture
def read():
    """Return a function that makes `lamost_spectra` of files, as a build does."""

    def make(*paths, **config):
        files = [SourceFile(p.name, p) for p in paths]
        return run_product(plugin, "lamost_spectra", files=files, config=SurveysConfig(**config))

    return make


@pytest.fixture(scope="session")
def shared_data():
    """Return the folder of real data, or skip."""
    default = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    folder = Path(os.environ.get("VACFRAME_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip("no real data: set VACFRAME_SHARED_DATA to their folder")
    return folder
