"""How long the commands that only list take: wall-clock seconds, best and median of several runs.

    python benchmarks/startup.py [RUNS]

``vacframe --help`` and ``vacframe products`` have to stay below 0.5 s. The last lines are the interpreter alone, and
the modules that ``vacframe products`` imports although it computes nothing (there should be none).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

COMMAND = "from vacframe.cli import main; main()"
CASES = {
    "vacframe --help": ["-c", COMMAND, "--help"],
    "vacframe build --help": ["-c", COMMAND, "build", "--help"],
    "vacframe products": ["-c", COMMAND, "products"],
    "vacframe plugins": ["-c", COMMAND, "plugins"],
    "python alone": ["-c", "pass"],
}
NUMERICS = ("numpy", "scipy", "pyarrow", "astropy", "pandas", "healpy", "numba", "tensorflow", "keras")
PROBE = f"""
import sys
from vacframe.cli import main
sys.argv[1:] = ["products"]
try:
    main()
finally:
    print("imported:", *sorted(set({NUMERICS!r}) & set(sys.modules)), file=sys.stderr)
"""


def seconds(arguments: list[str], runs: int, folder: str) -> list[float]:
    """Return the wall-clock time of each run in an empty folder."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return taken


def main() -> None:
    """Print one line per command."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in CASES.items():
            taken = seconds(arguments, runs, folder)
            print(f"{name:24} best {min(taken):.3f} s  median {statistics.median(taken):.3f} s")
        probe = subprocess.run([sys.executable, "-c", PROBE], cwd=folder, capture_output=True, text=True)
        print(probe.stderr.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
