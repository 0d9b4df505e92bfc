"""`surveys`, which shares no code with the mock, reads the mock's spectra as LAMOST FITS files."""

import numpy as np
import pytest
from vacframe_mock_survey import MockSurveyConfig, plugin
from vacframe_mock_survey.lamost_files import LAYOUTS, write_files

from vacframe import SourceFile, VacframeError, to_numpy
from vacframe.testing import run_product

surveys = pytest.importorskip("vacframe_surveys")


@pytest.fixture(scope="module")
def spectra(observations):
    """Twenty spectra; the oldest layout has no identifier where facts of the header are missing."""
    config = MockSurveyConfig(missing_header_fraction=0.0)
    some = observations.slice(0, 20)
    table = run_product(plugin, "lamost_spectra", {"mock_observations": some}, config=config).table
    rows = {name: table[name].to_pylist() for name in table.column_names}
    for name in ("flux", "ivar", "mask"):
        rows[name] = to_numpy(table[name])[0]
    return rows


@pytest.mark.parametrize("layout", LAYOUTS)
def test_surveys_reads_it_back(spectra, tmp_path, layout):
    files = [SourceFile(str(path), path=path) for path in write_files(spectra, tmp_path, layout)]
    result = run_product(surveys.plugin, "lamost_spectra", files=files)
    place = {(ra, day): k for k, (ra, day) in enumerate(zip(spectra["ra"], spectra["lmjd"], strict=True))}
    order = [place[visit] for visit in zip(*(result.table[n].to_pylist() for n in ("ra", "lmjd")), strict=True)]
    assert sorted(order) == list(range(20))
    for name in ("flux", "ivar"):
        read_back, own = to_numpy(result.table[name])[0], spectra[name][order]
        good = spectra["mask"][order] == 0
        np.testing.assert_allclose(read_back[good], own[good], rtol=1e-6)
    np.testing.assert_array_equal(to_numpy(result.table["mask"])[0], spectra["mask"][order])
    for name in ("ra", "dec", "z", "subclass", "lmjd", "planid", "spid", "fiberid"):
        expected = [spectra[name][k] for k in order]
        got = result.table[name].to_pylist()
        assert got == (pytest.approx(expected) if isinstance(expected[0], float) else expected), name
    if layout != "oldest":
        assert result.table["obsid"].to_pylist() == [spectra["obsid"][k] for k in order]
        assert result.table["snr_g"].to_pylist() == pytest.approx([spectra["snr_g"][k] for k in order])


def test_unknown_layout(spectra, tmp_path):
    with pytest.raises(VacframeError, match="table, image, oldest"):
        write_files(spectra, tmp_path, "dr3")
