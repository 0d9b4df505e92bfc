"""Numbers end where their errors do, whatever they are."""

import math
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vacframe.cli.numbers import significant, to_error, with_error

VALUES = st.floats(allow_nan=False, allow_infinity=False)
ERRORS = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
PRECISION = Decimal(2) ** -53


def parsed(text):
    """Value and error that a text says, exactly."""
    inner, _, power = text.removeprefix("(").partition(")e") if text.startswith("(") else (text, "", "0")
    value, error = inner.split(" ± ")
    return Decimal(value).scaleb(int(power or 0)), Decimal(error).scaleb(int(power or 0)), error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.16312, 0.00416, "0.1631 ± 0.0042"),
        (-0.4541023, 1.0, "-0.5 ± 1.0"),
        (5772.3, 123.0, "5770 ± 120"),
        (12.0, 0.0996, "12.00 ± 0.10"),
        (-0.0004, 0.1, "0.00 ± 0.10"),
        (-0.0, 0.1, "0.00 ± 0.10"),
        (0.0, 2.0, "0.0 ± 2.0"),
        (1e-30, 1.0, "0.0 ± 1.0"),
        (1.2346e-17, 3e-19, "(1.235 ± 0.030)e-17"),
        (-6.02e23, 3e21, "(-6.020 ± 0.030)e+23"),
        (5e-324, 5e-324, "(4.9 ± 4.9)e-324"),
        (1.5, 0.0, "1.5"),
        (1.5, -1.0, "1.5"),
        (1.5, math.nan, "1.5"),
        (1.5, math.inf, "1.5"),
        (1.5, None, "1.5"),
        (math.nan, 0.1, "nan"),
        (-math.inf, 0.1, "-inf"),
        (-0.0, None, "0"),
    ],
)
def test_a_number_and_its_error(value, error, text):
    assert with_error(value, error) == text


@given(VALUES, ERRORS)
@example(1.7976931348623157e308, 5e-324)
@example(9.9999999, 9.96e-3)
@example(-0.05, 0.95)
def test_rounding_loses_nothing_that_the_error_tells(value, error):
    shown, stated, digits = parsed(with_error(value, error))
    exact, sigma = Decimal(value), Decimal(error)
    room = abs(exact) * PRECISION  # a double is told apart from its neighbours by 17 digits
    assert abs(shown - exact) <= max(sigma * Decimal("0.051"), room)
    if abs(exact) < sigma * 10**12:
        assert abs(stated - sigma) <= sigma * Decimal("0.051")
        assert len(digits.replace(".", "").strip("0")) <= 2
        assert Decimal(to_error(value, error)) == shown
    assert not with_error(value, error).startswith("-0 ")


@given(VALUES, ERRORS)
def test_no_text_is_longer_than_its_double(value, error):
    assert sum(c.isdigit() for c in to_error(value, error).partition("e")[0]) <= 17 + 5
    assert to_error(value, error).rstrip("0").rstrip(".") != "-0"


@given(st.floats(allow_nan=False))
def test_numbers_without_error_have_six_digits(value):
    assert float(significant(value)) == pytest.approx(value, rel=5.1e-6)
    assert significant(value) != "-0"
