"""Numbers as people read them: to the digits that their errors deserve. JSON and files keep all digits."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from typing import TypeGuard

ERROR_DIGITS = 2
"""Significant digits of an error; its value ends at the same place."""
SIGNIFICANT = 6
"""Significant digits of a number that states no error."""
MOST_DIGITS = 17
"""A double has no more."""
PLAIN = (-5, 9)
"""Numbers whose first digit stands at one of these powers of ten are written out, others with an exponent."""
_CONTEXT = Context(prec=60)


class NumberText(str):
    """A number as text, which tables set to the right."""


def significant(value: float, digits: int = SIGNIFICANT) -> NumberText:
    """Return a number with so many significant digits, without zeros at the end.

    >>> significant(-0.4541023)
    '-0.454102'
    """
    text = f"{value:.{digits}g}"
    return NumberText("0" if text == "-0" else text)


def with_error(value: float, error: float | None) -> NumberText:
    """Return a value and its error, the error with two significant digits and the value to the same place.

    Parameters
    ----------
    value : float
    error : float or None
        One sigma. None, NaN, infinite, and whatever is not above 0 is no error: the value is `significant` then.

    Examples
    --------
    >>> with_error(0.16312, 0.00416)
    '0.1631 ± 0.0042'
    >>> with_error(5772.3, 123)
    '5770 ± 120'
    >>> with_error(-6.02e23, 3e21)
    '(-6.020 ± 0.030)e+23'
    """
    if not _is_error(error) or not math.isfinite(value):
        return significant(value)
    place, shift = _last_place(value, error)
    both = f"{_digits(value, place, shift)} ± {_digits(error, place, shift)}"
    return NumberText(f"({both})e{shift:+03d}" if shift else both)


def to_error(value: float, error: float | None) -> NumberText:
    """Return a value alone, to the place at which its error ends.

    >>> to_error(0.16312, 0.00416)
    '0.1631'
    """
    if not _is_error(error) or not math.isfinite(value):
        return significant(value)
    place, shift = _last_place(value, error)
    text = _digits(value, place, shift)
    return NumberText(f"{text}e{shift:+03d}" if shift else text)


def _is_error(error: float | None) -> TypeGuard[float]:
    return error is not None and math.isfinite(error) and error > 0


def _last_place(value: float, error: float) -> tuple[int, int]:
    """Return the power of ten of the last digit, and the one that is taken out (0: none)."""
    first = _power(max(abs(value), error), MOST_DIGITS)
    place = max(_power(error, ERROR_DIGITS) - ERROR_DIGITS + 1, first - MOST_DIGITS + 1)
    return place, 0 if PLAIN[0] <= first <= PLAIN[1] else first


def _power(number: float, digits: int) -> int:
    """Return the power of ten of the first digit of a number that is rounded to so many digits."""
    return int(f"{number:.{digits - 1}e}".partition("e")[2])


def _digits(value: float, place: int, shift: int) -> str:
    """Return the digits of ``value / 10**shift`` to the power of ten `place` of the value."""
    scaled = Decimal(value).scaleb(-shift, _CONTEXT)
    rounded = scaled.quantize(Decimal(1).scaleb(place - shift), context=_CONTEXT)
    return f"{abs(rounded) if rounded.is_zero() else rounded:f}"
