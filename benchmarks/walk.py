"""The walk of a build: which functions of vacframe fifty rows of one FITS file pass, and how often the module changes.

Run: python benchmarks/walk.py [--calls]

A source of fifty stars in one FITS file is built in an empty workspace, in one process, after a first build elsewhere
that imports everything. `sys.setprofile` notes each function of vacframe that is entered (generators each time they go
on; comprehensions and lambdas not). Printed: distinct functions, modules, calls, and changes of module from one call to
the next. With --calls the calls themselves, one a line, indented by depth.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from astropy.table import Table

import vacframe
from vacframe import Workspace

ROOT = str(Path(vacframe.__file__).parent)
STARS = 50
CONFIG = """
[sources.stars]
files = ["stars.fits"]
key = "star"
"""


def prepare(folder: Path) -> None:
    """Write the file and the configuration."""
    rng = np.random.default_rng(1)
    table = Table({"star": np.arange(STARS), "ra": rng.uniform(0, 360, STARS), "dec": rng.uniform(-80, 80, STARS)})
    table["mag"] = rng.normal(15.0, 1.0, STARS)
    table.write(folder / "stars.fits")
    (folder / "vacframe.toml").write_text(CONFIG)


def build(folder: Path, workspace: str) -> None:
    """Build the source in a new workspace."""
    report = Workspace(folder / workspace, folder / "vacframe.toml").build("stars", workers=1)
    assert report.ok, report.failures
    assert report["stars"].rows == STARS


def walk(folder: Path) -> list[tuple[int, str, str]]:
    """Return depth, module and name of each function of vacframe that a build enters, in order."""
    found: list[tuple[int, str, str]] = []
    depth = 0

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal depth
        code = frame.f_code
        if not code.co_filename.startswith(ROOT) or code.co_name.startswith("<"):
            return
        if event == "call":
            found.append((depth, frame.f_globals["__name__"], code.co_qualname))
            depth += 1
        elif event == "return":
            depth -= 1

    sys.setprofile(note)
    try:
        build(folder, "traced")
    finally:
        sys.setprofile(None)
    return found


def main() -> None:
    """Trace and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", action="store_true", help="print every call")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(folder)
        build(folder, "first")
        calls = walk(folder)
    if arguments.calls:
        for depth, module, name in calls:
            print(f"{'  ' * depth}{module.removeprefix('vacframe.')}: {name}")
    modules = [module for _, module, _ in calls]
    print(f"functions          {len({(module, name) for _, module, name in calls}):6}")
    print(f"modules            {len(set(modules)):6}")
    print(f"calls              {len(calls):6}")
    print(f"changes of module  {sum(a != b for a, b in pairwise(modules)):6}")


if __name__ == "__main__":
    main()
