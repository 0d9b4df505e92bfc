"""Data files inside installed distributions, found without importing the package."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from vacframe.core.contract.errors import PluginError


def distribution_file(distribution: str, name: str, product: str) -> Path:
    """Return the path of the file `name` of a distribution (the first, wherever it lies in it).

    Parameters
    ----------
    distribution : str
        Name under which it is installed.
    name : str
        File name without folders.
    product : str
        Who asks, for the message.

    Raises
    ------
    PluginError
        If the distribution is not installed or has no such file.
    """
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == name:
            return Path(str(file.locate()))
    raise PluginError(f"{product}: {name} of the package {distribution!r} not found; pip install {distribution}")
