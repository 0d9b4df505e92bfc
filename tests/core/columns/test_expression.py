import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacframe.core.columns.expression import check_expression, evaluate, names_in, select_rows
from vacframe.core.contract.errors import ConfigError

NAN = np.nan
COLUMNS = {
    "snr_g": np.array([5.0, 30.0, NAN, 80.0], dtype="float32"),
    "teff": np.array([4000, 7500, 5000, 9000], dtype="int16"),
    "fibre": (np.array([1, 2, 0, 4], dtype="int32"), np.array([False, False, True, False])),
    "name": np.array(["a", "b", None, "d#"], dtype=object),
    "good": (np.array([True, True, False, True]), np.array([False, False, False, True])),
    "source_id": (np.array([2**62 + 1, 2**62 + 3, 0, 7]), np.array([False, False, True, False])),
    "flux": np.zeros((4, 3)),
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("snr_g > 20 and teff < 8000", [False, True, False, False]),
        ("snr_g > 20 or teff < 8000", [True, True, True, True]),
        ("not (snr_g > 20)", [True, False, True, False]),
        ("snr_g != 30", [True, False, False, True]),
        ("4000 < teff <= 7500", [False, True, True, False]),
        ("fibre in [1, 4]", [True, False, False, True]),
        ("fibre not in [1, 4]", [False, True, False, False]),
        ("snr_g not in [5, 30]", [False, False, False, True]),
        ("is_null(fibre)", [False, False, True, False]),
        ("is_null(snr_g) or is_null(name)", [False, False, True, False]),
        ("is_null(teff)", [False] * 4),
        ("name == 'b' or name == \"d#\"", [False, True, False, True]),
        ("name < 'c'", [True, True, False, False]),
        ("name in ['a', 'z']", [True, False, False, False]),
        ("good", [True, True, False, False]),
        ("not good", [False, False, True, True]),
        ("good == False", [False, False, True, False]),
        ("source_id == 4611686018427387907", [False, True, False, False]),
        ("teff * 10 > 32767", [True, True, True, True]),
        ("True", [True] * 4),
        ("snr_g > 20\n  and teff < 8000", [False, True, False, False]),
    ],
)
def test_conditions(expression, expected):
    np.testing.assert_array_equal(select_rows(expression, COLUMNS), expected)
    assert select_rows(expression, COLUMNS).dtype == bool


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("-snr_g / 2 + 1", [-1.5, -14, NAN, -39]),
        ("fibre + 0.5", [1.5, 2.5, NAN, 4.5]),
        ("fibre / 2", [0.5, 1, NAN, 2]),
        ("teff ** 2", [1.6e7, 5.625e7, 2.5e7, 8.1e7]),
        ("2 ** -1", [0.5] * 4),
        ("teff % 3000", [1000, 1500, 2000, 0]),
        ("min(teff, 5000, snr_g * 1000)", [4000, 5000, NAN, 5000]),
        ("max(fibre, 1.5)", [1.5, 2, NAN, 4]),
        ("where(snr_g > 20, teff, -1)", [-1, 7500, -1, 9000]),
        ("where(teff > 4500, fibre, 9.0)", [9, 2, NAN, 4]),
        ("round(snr_g / 7, 1)", [0.7, 4.3, NAN, 11.4]),
        ("abs(-3) + sqrt(16.0)", [7.0] * 4),
        ("log10(snr_g * 0 + 1000)", [3, 3, NAN, 3]),
        ("log(exp(snr_g))", [5, 30, NAN, 80]),
        ("sin(0) + cos(0)", [1.0] * 4),
        ("snr_g / 0", [np.inf, np.inf, NAN, np.inf]),
        ("good + 1", [2, 2, 1, NAN]),
    ],
)
def test_numbers(expression, expected):
    values = np.ma.filled(np.ma.asarray(evaluate(expression, COLUMNS)).astype(float), NAN)
    np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_types_and_exact_identifiers():
    assert evaluate("snr_g * 2", COLUMNS).dtype == np.float32
    assert evaluate("snr_g / (1 / 3)", COLUMNS).dtype == np.float32
    kept = evaluate("source_id", COLUMNS)
    assert kept.dtype == np.int64
    assert kept.tolist() == [2**62 + 1, 2**62 + 3, None, 7]
    assert evaluate("teff % 0", COLUMNS).mask.all()
    assert evaluate("name", COLUMNS).tolist() == ["a", "b", None, "d#"]
    assert evaluate("where(good, name, 'none')", COLUMNS).tolist() == ["a", "b", "none", "none"]
    assert evaluate("'x'", COLUMNS).tolist() == ["x"] * 4
    unsigned = {"u": np.array([1, 2], dtype="uint64")}
    assert evaluate("u - 2", unsigned).tolist() == [-1, 0]
    assert evaluate("1 + 1", {}).shape == ()


def test_no_rows():
    empty = {"x": np.empty(0), "n": np.empty(0, dtype=object), "i": np.empty(0, dtype="uint64")}
    assert select_rows("x > 3 and n == 'a' and i + 1 in [1, 2]", empty).shape == (0,)


def test_names_in_order_without_functions():
    assert names_in("where(b > min(a, 2), abs(c), b) + min") == ("b", "a", "c", "min")
    assert names_in("3 > 2") == ()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("snr_h > 20", ["snr_h", "character 1", "Did you mean 'snr_g'?"]),
        ("teff > 3 and  sqr(teff) > 1", ["character 15", "'sqr'", "'sqrt'"]),
        ("teff > 3 & teff < 4", ["'and'", "'3 & teff'", "character 8"]),
        ("teff = 3", ["cannot be parsed", "character"]),
        ("teff > ", ["cannot be parsed", "character"]),
        ("", ["empty"]),
        ("teff > 3 # hot", ["comments"]),
        ("__import__('os').system('true')", ["unknown function"]),
        ("name.upper()", ["unknown function"]),
        ("teff.real > 3", ["dot"]),
        ("(lambda: 1)()", ["unknown function"]),
        ("[x for x in teff]", ["not allowed"]),
        ("f'{teff}'", ["not allowed"]),
        ("teff[0]", ["not allowed"]),
        ("(teff := 3)", ["not allowed"]),
        ("teff == None", ["is_null"]),
        ("teff is 3", ["=="]),
        ("teff in 3", ["list"]),
        ("name > 3", ["text", "quote"]),
        ("name + 1", ["text", "character 1"]),
        ("teff and good", ["condition", "character 1"]),
        ("1 if good else 2", ["where(condition"]),
        ("min(teff)", ["2 or more"]),
        ("round(teff, digits=2)", ["named"]),
        ("round(teff, 0.5)", ["whole number"]),
        ("flux > 0", ["arrays", "(4, 3)"]),
        ("1j > 0", ["not allowed"]),
        ("teff + 99999999999999999999", ["too large"]),
        ("(" * 5000 + "1" + ")" * 5000, []),
        ("not " * 20000 + "good", []),
    ],
)
def test_refused(expression, words):
    with pytest.raises(ConfigError) as caught:
        evaluate(expression, COLUMNS, what="where of sources.x")
    text = str(caught.value)
    assert text.startswith("where of sources.x")
    for word in words:
        assert word in text


def test_a_number_is_no_condition():
    with pytest.raises(ConfigError, match="condition is needed"):
        select_rows("snr_g", COLUMNS)


def test_check_parses_without_columns():
    check_expression("a > 3 and is_null(b)")
    with pytest.raises(ConfigError, match=r"derive\.x '1 \+'"):
        check_expression("1 +", what="derive.x")


def test_import_needs_no_numpy():
    code = "import sys, vacframe as vf; vf.check_expression('a > 1'); print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20))
def test_comparisons_are_false_with_nan_and_as_python_otherwise(pairs):
    a, b = (np.array(x) for x in zip(*pairs, strict=True))
    for symbol in ("<", "<=", ">", ">=", "==", "!="):
        expected = [bool(eval(f"x {symbol} y")) and x == x and y == y for x, y in pairs]
        assert select_rows(f"a {symbol} b", {"a": a, "b": b}).tolist() == expected


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(1, 1000))
def test_arithmetic_agrees_with_python(a, b, c):
    expression = f"({a} + x) * {c} - {b} % {c} / {c} + -x"
    expected = eval(expression, {"x": b})
    assert evaluate(expression, {"x": np.array([b])})[0] == expected
