"""Several products in the making at once."""

from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import engine_plugin
import numpy as np
import pytest

from vacframe.core.contract.device import Device
from vacframe.core.contract.errors import CorruptFileError
from vacframe.core.contract.product import Resources
from vacframe.core.execution.device_pool import DevicePool
from vacframe.core.execution.making import Again, Over, Work
from vacframe.core.execution.outcome import ProductOutcome
from vacframe.core.execution.progress import Reporter
from vacframe.core.execution.schedule import Schedule
from vacframe.core.tasks.specs import ScanAnswer, ScanSpec
from vacframe.workspace import Workspace

MEETING = '''
import time
from pathlib import Path
import vacframe as vf
from pydantic import BaseModel

class Config(BaseModel, frozen=True, extra="forbid"):
    place: str = ""

plugin = vf.Plugin("meeting", config=Config, citation="nobody")
STARS = vf.TableSchema(key="star", position=vf.Position(), columns=(
    vf.column("star", "int64", "Identifier", nullable=False),
    vf.column("ra", "float64", "Right ascension", unit="deg"), vf.column("dec", "float64", "Declination", unit="deg")))
COUNT = vf.TableSchema(columns=(vf.column("number", "int64", "Rows"),))

@plugin.product("stars", kind="source", table=STARS)
def stars(inputs, context):
    """Stars."""

def meet(me, other, inputs, context):
    (Path(context.config.place) / me).touch()
    for _ in range(600):
        if (Path(context.config.place) / other).exists():
            return {"number": [len(inputs["stars"]["star"])]}
        time.sleep(0.1)
    raise ValueError(f"{other} never came")

@plugin.product("left", kind="whole", table=COUNT, needs=[vf.all_rows("stars", ["star"])])
def left(inputs, context):
    """Waits for right."""
    return meet("left", "right", inputs, context)

@plugin.product("right", kind="whole", table=COUNT, needs=[vf.all_rows("stars", ["star"])])
def right(inputs, context):
    """Waits for left."""
    return meet("right", "left", inputs, context)
'''


def test_products_that_do_not_need_each_other_are_made_at_the_same_time(tmp_path, monkeypatch):
    engine_plugin.activate(monkeypatch, tmp_path / "site", "meeting", MEETING)
    engine_plugin.write_stars(tmp_path / "stars.parquet", 30)
    (tmp_path / "vacframe.toml").write_text(
        f'[sources.stars]\nfiles = ["stars.parquet"]\n[plugins.meeting]\nplace = "{tmp_path.as_posix()}"\n'
    )
    ws = Workspace(tmp_path / "ws", tmp_path / "vacframe.toml")
    report = ws.build("left", "right", workers=2)
    assert report.ok, [f.error for f in report.failures]
    assert ws.read("left")["number"].to_pylist() == ws.read("right")["number"].to_pylist() == [30]
    assert [p.name for p in report.products] == ["stars", "left", "right"]


class Held:
    """An executor whose tasks end when the test says so."""

    def __init__(self):
        self.futures = {}

    def submit(self, function, spec, gpu=None):
        future = self.futures[spec.part] = Future()
        return future

    def end(self, name, error=None):
        future = self.futures.pop(name)
        future.set_running_or_notify_cancel()
        future.set_exception(error) if error else future.set_result(ScanAnswer(group=name, seconds=0.5, rows=1))


class Batches:
    """A product in the making that asks for one batch of tasks after the other; its state is the groups it was told."""

    def __init__(self, name, tasks, gpu="never", after=(), end=None):
        self.node = SimpleNamespace(name=name, product=SimpleNamespace(resources=Resources(gpu=gpu)))
        self.outcome = ProductOutcome(name, "test", "sky")
        self.session = SimpleNamespace(failed=lambda product, part, error: self.failures.append((product, part)))
        self.failures, self.closed, self.groups, self.end = [], False, [], end
        self.left = [tasks, *after]

    def next(self, answers):
        self.groups += [a.group for a in answers.values()]
        if self.left:
            specs = [ScanSpec(SPEC, f"{self.node.name}.{t}", ()) for t in self.left.pop(0)]
            return Work(len, specs)
        if isinstance(self.end, Exception):
            raise self.end
        return self.end or Over(self.groups)

    def close(self):
        self.closed = True


SPEC = SimpleNamespace(logs=Path("none"))


@pytest.fixture
def held():
    return Held()


def schedule(held, devices=()):
    return Schedule(held, DevicePool(devices), Reporter())


def test_a_product_goes_on_when_all_its_tasks_are_over(held):
    first, second = Batches("a", "12", after=("3", "")), Batches("b", "1")
    with schedule(held) as crew:
        crew.start(first)
        crew.start(second)
        assert crew.step(block=False) == {}
        assert set(held.futures) == {"a.1", "a.2", "b.1"}
        held.end("b.1", ValueError("no"))
        held.end("a.2")
        assert crew.step(block=True) == {"b": []}
        assert second.outcome.failed == 1
        assert second.failures == [("b", "b.1")]
        held.end("a.1")
        assert crew.step(block=True) == {}
        crew.step(block=False)
        held.end("a.3")
        assert {n: sorted(s) for n, s in crew.step(block=True).items()} == {"a": ["a.1", "a.2", "a.3"]}
        assert crew.names == []
    assert first.outcome.seconds == pytest.approx(1.5)
    assert first.closed
    assert second.closed


def test_tasks_wait_for_a_gpu_and_others_do_not(held):
    with schedule(held, devices=[Device("gpu", 0, "one", 8)]) as crew:
        crew.start(Batches("trained", "12", gpu="preferred"))
        crew.start(Batches("plain", "12"))
        crew.step(block=False)
        assert set(held.futures) == {"trained.1", "plain.1", "plain.2"}
        held.end("trained.1")
        crew.step(block=True)
        crew.step(block=False)
        assert "trained.2" in held.futures
        for name in list(held.futures):
            held.end(name)
        assert set(crew.step(block=True)) == {"trained", "plain"}


@pytest.mark.parametrize("end", [CorruptFileError("x", "damaged"), Again("moved")])
def test_what_has_not_begun_is_dropped_where_the_build_plans_again(held, end):
    careful = Batches("b", "1")

    def build():
        with schedule(held) as crew:
            crew.start(careful)
            crew.start(Batches("a", "1", end=end))
            crew.step(block=False)
            held.end("a.1")
            crew.step(block=True)
            assert crew.again == end

    if isinstance(end, Exception):
        with pytest.raises(type(end)):
            build()
    else:
        build()
    assert careful.closed
    assert held.futures["b.1"].cancelled()


def test_random_graphs_end(held):
    """Whatever order tasks end in, every product gets just its own answers."""
    random = np.random.default_rng(5)
    with schedule(held) as crew:
        for number in range(20):
            crew.start(Batches(f"p{number}", [str(t) for t in range(random.integers(0, 4))]))
        ended = {}
        while crew.names or len(ended) < 20:
            ended |= crew.step(block=False)
            if held.futures:
                held.end(random.choice(sorted(held.futures)))
    for name, answers in ended.items():
        assert all(a.startswith(f"{name}.") for a in answers)
