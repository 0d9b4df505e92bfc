"""What the framework costs: a build against the plugins' own functions, called one after another on tables in memory.

Run: python benchmarks/overhead.py [--mock STARS] [--data FOLDER] [--repeats 2]

The chain is spectra, normalised spectra, training set, networks, labels, report. It runs on the 1,200 real LAMOST DR10
spectra of the shared data (FOLDER, else $VACFRAME_SHARED_DATA, else ../shared/data), or on STARS made-up ones; each
repeat is a build in an empty workspace and the same by hand, in one process and after a warm-up of both. By hand, only
the time inside the plugins' functions counts. Wanted: the build takes less than 10 % longer.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

import vacframe as vf
from vacframe.core.columns.batch import Batch, SourceFile
from vacframe.core.columns.expression import select_rows
from vacframe.core.contract.product import Kind
from vacframe.testing import product_of, run_product

TRAINING_SET = """
[[plugins.nn_labels.training_sets]]
name = "lasp"
labels = "reference_labels"
label_columns = ["teff", "logg", "feh"]
where = "snr_g > 20"
test_fraction = 0.3
{training}
"""
REAL = (
    """
pixel_order = 0
[sources.lamost_spectra]
files = ["{data}/lamost_dr10/spectra/*.fits.gz"]
[sources.reference_labels]
files = ["{data}/lamost_dr10/labels.csv"]
columns = {{ obsid = "obsid", ra = "ra", dec = "dec", snr_g = "snrg", teff = "teff_lasp", logg = "logg_lasp", \
feh = "feh_lasp" }}
"""
    + TRAINING_SET
)
MOCK = (
    """
survey = "mock"
pixel_order = 0
[plugins.mock_survey]
stars = {stars}
"""
    + TRAINING_SET
)
CHAIN = ["lamost_normalized", "nn_training_set", "nn_training_counts", "nn_models", "nn_labels", "nn_report"]


@dataclass
class Timed:
    """A plugin that notes how long each call of `run` takes."""

    plugin: Any
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plugin, name)

    def run(self, product: str, inputs: Any, context: Any) -> Any:
        """Run the product."""
        start = time.perf_counter()
        try:
            return self.plugin.run(product, inputs, context)
        finally:
            self.seconds[product] += time.perf_counter() - start


def by_hand(text: str, data: Path) -> Mapping[str, float]:
    """Run the chain on tables in memory; return the seconds inside the function of each product."""
    from vacframe_nn_labels import plugin as nn_labels
    from vacframe_surveys import plugin as surveys

    settings = tomllib.loads(text)["plugins"]
    seconds: dict[str, float] = defaultdict(float)
    tables: dict[str, Any] = {}

    def step(plugin: Any, name: str, files: list[SourceFile] | None = None) -> None:
        timed = Timed(plugin, seconds)
        config = plugin.config_model.model_validate(settings.get(plugin.name, {}))
        if product_of(plugin, name, config).kind is Kind.source and files is None:
            files = [SourceFile("shard", shard=i) for i in range(product_of(plugin, name, config).files.shards)]
        inputs = {n.product: rows(tables[n.product], n) for n in plugin.requires(name, config)}
        made = run_product(timed, name, inputs, config=config, files=files or ())
        tables[name] = made.table if made.model is None else made.model

    if "mock_survey" in settings:
        from vacframe_mock_survey import plugin as mock

        step(surveys, "isochrones")
        for name in ("mock_observations", "lamost_spectra", "reference_labels"):
            step(mock, name)
    else:
        paths = sorted((data / "lamost_dr10" / "spectra").glob("*.fits.gz"))
        step(surveys, "lamost_spectra", [SourceFile(path.name, path) for path in paths])
        tables["reference_labels"], seconds["reference_labels"] = labels(data)
    for name in CHAIN:
        step(nn_labels, name)
    return seconds


def rows(table: Any, need: vf.Need) -> Any:
    """Return the rows that a need asks for."""
    if need.where is None:
        return table
    batch = Batch(table)
    return table.filter(
        pa.array(select_rows(need.where, {name: (batch[name], batch.mask(name)) for name in scalars(table)}))
    )


def scalars(table: pa.Table) -> list[str]:
    """Return the columns that hold one value in each cell."""
    return [f.name for f in table.schema if not pa.types.is_fixed_size_list(f.type)]


def labels(data: Path) -> tuple[pa.Table, float]:
    """Return the label table, and how long it takes to read."""
    start = time.perf_counter()
    table = pyarrow.csv.read_csv(data / "lamost_dr10" / "labels.csv")
    names = {"obsid": "obsid", "ra": "ra", "dec": "dec", "snr_g": "snrg"}
    names |= {label: f"{label}_lasp" for label in ("teff", "logg", "feh")}
    chosen = pa.table({ours: table[theirs] for ours, theirs in names.items()})
    return chosen, time.perf_counter() - start


def build(text: str) -> tuple[float, Any]:
    """Build the chain in an empty workspace; return seconds and the report."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "vacframe.toml"
        config.write_text(text)
        start = time.perf_counter()
        report = vf.Workspace(Path(folder) / "ws", config).build("nn_labels", "nn_report", workers=1)
        seconds = time.perf_counter() - start
    assert report.ok, report.failures
    return seconds, report


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", type=int, metavar="STARS", help="made-up spectra in place of the real ones")
    parser.add_argument("--data", type=Path, help="folder of the shared data")
    parser.add_argument("--epochs", type=int, help="shorter training, so that the rest weighs more")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--profile", action="store_true", help="print where the time of one more build goes")
    arguments = parser.parse_args()
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = (arguments.data or Path(os.environ.get("VACFRAME_SHARED_DATA") or beside)).resolve()
    if arguments.mock is None and not (data / "lamost_dr10").is_dir():
        parser.error(f"no lamost_dr10 in {data}; name its folder (--data) or use --mock 1200")
    training = f"epochs = {arguments.epochs}" if arguments.epochs else ""
    text = (MOCK if arguments.mock else REAL).format(stars=arguments.mock, data=data, training=training)
    by_hand(text, data), build(text)
    hand, made = [], []
    for _ in range(arguments.repeats):
        hand.append(by_hand(text, data))
        made.append(build(text))
    print_comparison(min(hand, key=lambda h: sum(h.values())), *min(made, key=lambda m: m[0]))
    if arguments.profile:
        import cProfile
        import pstats

        profile = cProfile.Profile()
        profile.runcall(build, text)
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)


def print_comparison(hand: Mapping[str, float], total: float, report: Any) -> None:
    """Print seconds per product, by hand and in the build, and the overhead with and without the training."""
    made = {outcome.name: outcome.seconds for outcome in report.products}
    print(f"{'seconds':22} {'by hand':>9} {'build':>9}")
    for name, seconds in hand.items():
        print(f"{name:22} {seconds:9.3f} {made.get(name, float('nan')):9.3f}")
    by_hand_total, training = sum(hand.values()), hand["nn_models"]
    print(f"{'total':22} {by_hand_total:9.3f} {total:9.3f}   overhead {total / by_hand_total - 1:+.1%}")
    rest = total - made.get("nn_models", training)
    less = by_hand_total - training
    print(f"{'without nn_models':22} {less:9.3f} {rest:9.3f}   overhead {rest / less - 1:+.1%}")


if __name__ == "__main__":
    main()
