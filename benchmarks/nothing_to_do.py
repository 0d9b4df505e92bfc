"""A build with nothing to do: how long vacframe takes to see that 1,000 partitions of 10 products are fresh.

Run: python benchmarks/nothing_to_do.py [--partitions 1000] [--products 10] [--stars 5] [--workspace FOLDER]

A made-up plugin of one source and a chain of products on it is built once (minutes); then the same build is asked for
again, three times in this process and three times as the command `vacframe build` (start of Python included). Wanted
for 1,000 x 10: less than 2 s.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ORDER = 5
PLUGIN = '''
from pydantic import BaseModel

import vacframe as vf


class Config(BaseModel):
    partitions: int = 1000
    stars: int = 5
    products: int = 10


plugin = vf.Plugin("synthetic", config=Config, citation="Nobody")


def schema(value):
    return vf.TableSchema(
        description="Made-up stars",
        key="star",
        position=vf.Position(),
        columns=(
            vf.column("star", "int64", "Number of the star", nullable=False),
            vf.column("ra", "float64", "Right ascension", unit="deg"),
            vf.column("dec", "float64", "Declination", unit="deg"),
            vf.column(value, "float64", "A number"),
        ),
    )


@plugin.product("step_00", kind="source", files=vf.Files(shards=1), table=schema("value_00"))
def source(inputs, context):
    """Some stars near the centre of every pixel."""
    import healpy
    import numpy as np

    count = context.config.stars
    pixel = np.repeat(np.arange(context.config.partitions), count)
    ra, dec = healpy.pix2ang(1 << ORDER, pixel, nest=True, lonlat=True)
    row = np.arange(len(pixel))
    table = {"star": row, "ra": ra, "dec": dec + 1e-4 * (row % count), "value_00": row * 0.5}
    return table | {"_file": np.zeros(len(row), np.int64), "_row": row}


def add(number):
    before, after = f"{number - 1:02d}", f"{number:02d}"

    def step(inputs, context):
        """The number of the product before, plus 1."""
        return {f"value_{after}": inputs[f"step_{before}"][f"value_{before}"] + 1}

    needs = [vf.same(f"step_{before}", ["star", f"value_{before}"])]
    plugin.product(f"step_{after}", table=schema(f"value_{after}"), needs=needs, row_wise=True)(step)


for number in range(1, COUNT):
    add(number)
'''


def install(folder: Path, products: int) -> None:
    """Write the plugin and the metadata of its distribution, as an installer would."""
    info = folder / "vacframe_synthetic-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    text = PLUGIN.replace("ORDER", str(ORDER)).replace("COUNT", str(products))
    (folder / "vacframe_synthetic.py").write_text(text)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vacframe-synthetic\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[vacframe.plugins]\nsynthetic = vacframe_synthetic:plugin\n")


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Build, ask again, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partitions", type=int, default=1000)
    parser.add_argument("--products", type=int, default=10)
    parser.add_argument("--stars", type=int, default=5, help="stars in each partition")
    parser.add_argument(
        "--workspace", type=Path, help="kept, and used again by the next run; default is a temporary one"
    )
    parser.add_argument("--profile", action="store_true", help="print where the time of one more such build goes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.workspace or Path(temporary)
        measure(folder.resolve(), arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Build in `folder`, then measure builds that have nothing to do."""
    install(folder / "plugin", arguments.products)
    sys.path.insert(0, str(folder / "plugin"))
    from vacframe import Workspace

    config = folder / "vacframe.toml"
    config.write_text(
        f"pixel_order = {ORDER}\n[plugins.synthetic]\n"
        f"partitions = {arguments.partitions}\nstars = {arguments.stars}\nproducts = {arguments.products}\n"
    )
    last = f"step_{arguments.products - 1:02d}"
    tasks = arguments.partitions * arguments.products

    def again() -> None:
        report = Workspace(folder / "ws", config).build(last, workers=1)
        ran = sum(outcome.ran + outcome.adopted for outcome in report.products)
        assert report.ok, "the build failed"
        assert not ran, f"{ran} tasks ran again"

    first = seconds(lambda: Workspace(folder / "ws", config).build(last, workers=1))
    print(f"{arguments.partitions} partitions x {arguments.products} products, {os.cpu_count()} cores")
    print(f"first build (or none, in a kept workspace)   {first:8.2f} s, {1e3 * first / tasks:.2f} ms a task")
    print(f"nothing to do, in this process               {min(seconds(again) for _ in range(3)):8.2f} s  (best of 3)")
    command = [
        sys.executable,
        "-c",
        "from vacframe.cli import main; main()",
        "build",
        "--products",
        last,
        "--config",
        str(config),
    ]
    command += ["--workspace", str(folder / "ws"), "--workers", "1"]
    environment = os.environ | {"PYTHONPATH": str(folder / "plugin")}

    def command_line() -> None:
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)

    times = [seconds(command_line) for _ in range(3)]
    print(f"nothing to do, as `vacframe build`           {min(times):8.2f} s  (best of 3)")
    if arguments.profile:
        import cProfile
        import pstats

        profile = cProfile.Profile()
        profile.runcall(again)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
