"""How a file is to be read, where the file alone does not say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadOptions:
    """Choices of a reader; the defaults suit most files.

    Attributes
    ----------
    table : int, str or None
        Which table of a FITS file (HDU number or EXTNAME) or of a VOTable (number from 0, ID or name); None is
        the first one.
    delimiter : str or None
        Character between the columns of a CSV file; None finds it in the header line.
    null_values : tuple of str or float
        Values that mean "missing" beside blank, ``null`` and ``NaN``; numbers are compared as numbers.
    """

    table: int | str | None = None
    delimiter: str | None = None
    null_values: tuple[str | float, ...] = ()
