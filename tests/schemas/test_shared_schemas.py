"""The shared schemas: vocabulary, agreement with the archives, and no numerics on import."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from vacframe.core.contract.schema import check_vocabulary
from vacframe.schemas import SOURCES, reference_labels
from vacframe.schemas.photometry import BANDS

DATA = Path(os.environ.get("VACFRAME_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.parametrize("name", SOURCES)
def test_units_and_ucds_are_in_the_vocabularies(name):
    assert check_vocabulary(SOURCES[name]) == []


def test_every_keyed_product_is_keyed_by_a_64_bit_identifier():
    for name, schema in SOURCES.items():
        if name == "isochrones":
            assert schema.key is None
            continue
        key = schema[schema.key]
        assert (key.dtype, key.nullable) == ("int64", False), name
        assert (schema.position is None) == (schema.key == "healpix"), name


def test_every_magnitude_has_an_error_and_none_is_named_twice():
    schema = SOURCES["photometry"]
    assert len(BANDS) == 11
    for band in BANDS:
        assert schema[f"{band}_error"].unit == schema[band].unit == "mag"
        assert schema[f"{band}_error"].ucd == f"stat.error;{schema[band].ucd}"


def test_reference_labels_by_either_key():
    for key, other in (("obsid", "source_id"), ("source_id", "obsid")):
        schema = reference_labels(key)
        assert schema.open
        assert schema.key == key
        assert not schema[key].nullable
        assert schema[other].nullable
        assert check_vocabulary(schema) == []


def _archive_fields(source):
    from astropy.io import votable

    return {field.name: field for field in votable.parse(source).get_first_table().fields}


def test_gaia_columns_have_the_archives_units_and_ucds():
    folder = DATA / "astroquery_tables"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    archive = _archive_fields(folder / "1710099405832VAL-result.vot")
    schema = SOURCES["gaia_sources"]
    ours = {c.name for c in schema.columns}
    derived = {"phot_g_mean_mag_error", "phot_bp_mean_mag_error", "phot_rp_mean_mag_error"}
    assert ours - set(archive) == derived
    for name in sorted(ours - derived):
        unit = "" if archive[name].unit is None else archive[name].unit.to_string()
        assert (schema[name].unit or "") == unit, name
        assert schema[name].ucd.removesuffix(";meta.main") == archive[name].ucd.removesuffix(";meta.main"), name


def test_xp_columns_are_the_archives():
    folder = DATA / "astroquery_tables"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    import io

    packed = zipfile.ZipFile(next(folder.glob("*products_vot.zip")))
    content = packed.read(next(n for n in packed.namelist() if "XP_CONTINUOUS" in n))
    archive = _archive_fields(io.BytesIO(content))
    from astropy.io import votable

    row = votable.parse(io.BytesIO(content)).get_first_table().array[0]
    kinds = {"long": "int64", "short": "int16", "float": "float32", "double": "float64"}
    for col in SOURCES["gaia_xp_spectra"].columns:
        if col.name in ("ra", "dec"):
            continue
        assert col.dtype == kinds[archive[col.name].datatype], col.name
        assert col.ucd == archive[col.name].ucd, col.name
        if col.length:
            assert len(row[col.name]) == col.length, col.name


def test_importing_the_schemas_imports_no_numerics():
    heavy = ["numpy", "astropy", "pyarrow", "pandas", "healpy", "tensorflow", "scipy"]
    code = f"import sys, vacframe.schemas; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
