import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import CancelledError

import pytest

from vacframe.core.contract.device import Device
from vacframe.core.contract.errors import InputFileError, VacframeError
from vacframe.core.execution.executor import cores
from vacframe.core.execution.local_executor import THREAD_VARIABLES, LocalExecutor, worker_environment

GPUS = (Device("gpu", 3, "fake", 40.0), Device("gpu", 5, "fake", 40.0))

TASKS = """
import os, signal, sys, time
from pathlib import Path
# What the process had when it came to import this module, before any library.
STARTED = dict(os.environ)
LOADED = sorted(m for m in sys.modules if m in ("numpy", "tensorflow", "pyarrow"))

from vacframe.core.contract.errors import InputFileError

class Awkward(Exception):
    def __init__(self, file, row):
        super().__init__(f"{file} {row}")

def started(names): return {n: STARTED.get(n) for n in names}
def loaded(): return LOADED
def main_file(): return getattr(sys.modules["__main__"], "__file__", None)
def pid_after(seconds): time.sleep(seconds); return os.getpid()
def raise_value_error(text): raise ValueError(text)
def raise_input_error(): raise InputFileError("a.fits", "truncated")
def raise_awkward(): raise Awkward("a.fits", 3)
def leave(): sys.exit(3)
def ignores_interrupt(): return signal.getsignal(signal.SIGINT) is signal.SIG_IGN
def die(marks, times):
    marks = Path(marks)
    marks.joinpath(str(time.monotonic_ns())).touch()
    if len(list(marks.iterdir())) <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return len(list(marks.iterdir()))
def announce(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)
"""


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "executor_tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(folder))
    import executor_tasks

    yield executor_tasks
    del sys.modules["executor_tasks"]


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def wait_for(path):
    for _ in range(6000):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.01)
    raise AssertionError(f"{path} was not written")


def alive(pid):
    """Whether a process runs; one that has ended but was not waited for does not."""
    try:
        with open(f"/proc/{pid}/stat") as status:
            return status.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("workers", [0, 1])
def test_few_workers_run_here_and_at_once(tasks, workers):
    with LocalExecutor(workers) as executor:
        future = executor.submit(tasks.pid_after, 0)
        assert future.done()
        assert future.result() == os.getpid()
        failed = executor.submit(tasks.raise_value_error, "no such star")
    assert isinstance(failed.exception(), ValueError)
    assert "raise_value_error" in "".join(traceback.format_exception(failed.exception()))


def test_a_framework_started_here_sees_no_gpu(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    with LocalExecutor(0) as executor:
        assert executor.submit(os.getenv, "CUDA_VISIBLE_DEVICES").result() == "-1"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "7"


def test_workers_are_processes_that_live_for_the_whole_build(tasks):
    with LocalExecutor(2) as executor:
        first = {f.result() for f in [executor.submit(tasks.pid_after, 0.5) for _ in range(4)]}
        later = {f.result() for f in [executor.submit(tasks.pid_after, 0.01) for _ in range(20)]}
    assert len(first) == 2
    assert os.getpid() not in first
    assert later <= first
    assert not any(alive(p) for p in first)


def test_a_second_process_starts_only_when_the_first_is_busy(tasks):
    with LocalExecutor(2) as executor:
        assert len({executor.submit(tasks.pid_after, 0).result() for _ in range(5)}) == 1


def test_child_has_threads_and_devices_before_it_imports_anything(tasks, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "77")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    before = dict(os.environ)
    names = (*THREAD_VARIABLES, "CUDA_VISIBLE_DEVICES")
    with LocalExecutor(2) as executor:
        seen = executor.submit(tasks.started, names).result()
        assert executor.submit(tasks.loaded).result() == []
        assert executor.submit(tasks.main_file).result() is None
        assert executor.submit(tasks.ignores_interrupt).result()
    assert seen == dict.fromkeys(THREAD_VARIABLES, str(max(1, cores() // 2))) | {"CUDA_VISIBLE_DEVICES": "-1"}
    assert dict(os.environ) == before


def test_threads_are_shared_out_and_at_least_one():
    assert worker_environment(10_000)["OMP_NUM_THREADS"] == "1"
    assert worker_environment(1)["OMP_NUM_THREADS"] == str(cores())


@pytest.mark.parametrize("workers", [0, 2])
def test_each_gpu_has_one_process_that_sees_it_alone(tasks, workers):
    names = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "TF_FORCE_GPU_ALLOW_GROWTH")
    with LocalExecutor(workers, GPUS) as executor:
        seen = [executor.submit(tasks.started, names, gpu=g).result() for g in GPUS]
        loaded = [executor.submit(tasks.loaded, gpu=g).result() for g in GPUS]
        futures = [executor.submit(tasks.pid_after, 0.05, gpu=g) for g in GPUS * 3]
        processes = [f.result() for f in futures]
    assert [s["CUDA_VISIBLE_DEVICES"] for s in seen] == ["3", "5"]
    assert {s["CUDA_DEVICE_ORDER"] for s in seen} == {"PCI_BUS_ID"}
    assert {s["TF_FORCE_GPU_ALLOW_GROWTH"] for s in seen} == {"true"}
    assert loaded == [[], []]
    assert processes[:2] * 2 == processes[2:]
    assert len({*processes, os.getpid()}) == 3


def test_an_unknown_gpu_is_refused(tasks):
    with LocalExecutor(0, GPUS[:1]) as executor, pytest.raises(ValueError, match="GPU 5"):
        executor.submit(tasks.loaded, gpu=GPUS[1])


def test_exceptions_carry_the_traceback_of_the_worker(tasks):
    with LocalExecutor(2) as executor:
        error = executor.submit(tasks.raise_value_error, "no such star").exception()
        own = executor.submit(tasks.raise_input_error).exception()
    text = "".join(traceback.format_exception(error))
    assert isinstance(error, ValueError)
    assert str(error) == "no such star"
    assert "def raise_value_error" in text or "in raise_value_error" in text
    assert isinstance(own, InputFileError)
    assert (own.path, own.detail) == ("a.fits", "truncated")


def test_a_function_that_the_worker_cannot_import_is_no_dead_worker(tasks):
    with LocalExecutor(2) as executor:
        first = executor.submit(tasks.pid_after, 0).result()
        tasks.pid_after.__name__ = tasks.pid_after.__qualname__ = "later"
        tasks.later = tasks.pid_after
        error = executor.submit(tasks.later, 0).exception()
        assert executor.submit(os.getpid).result() == first
    assert isinstance(error, AttributeError)
    assert "later" in str(error)


@pytest.mark.parametrize("workers", [0, 2])
def test_what_cannot_be_sent_or_would_end_the_process_becomes_an_error(tasks, workers):
    with LocalExecutor(workers) as executor:
        awkward = executor.submit(tasks.raise_awkward).exception()
        leaving = executor.submit(tasks.leave).exception()
        assert executor.submit(tasks.pid_after, 0).result()
    assert isinstance(awkward, VacframeError)
    assert "Awkward: a.fits 3" in str(awkward)
    assert "raise_awkward" in "".join(traceback.format_exception(awkward))
    assert isinstance(leaving, VacframeError)
    assert "SystemExit: 3" in str(leaving)


@pytest.mark.parametrize("gpu", [None, GPUS[0]])
def test_a_task_whose_process_dies_is_run_once_more(tasks, marks, gpu):
    with LocalExecutor(2, GPUS) as executor:
        others = [executor.submit(tasks.pid_after, 0.2) for _ in range(4)]
        assert executor.submit(tasks.die, str(marks), 1, gpu=gpu).result() == 2
        assert all(f.result() for f in others)


def test_a_task_that_kills_its_process_twice_fails_alone(tasks, marks):
    with LocalExecutor(2) as executor:
        deadly = executor.submit(tasks.die, str(marks), 99)
        others = [executor.submit(tasks.pid_after, 0.2) for _ in range(6)]
        error = deadly.exception()
        assert all(f.result() for f in others)
    assert isinstance(error, VacframeError)
    assert "died 2 times" in str(error)
    assert len(list(marks.iterdir())) == 2


def test_a_process_killed_while_idle_is_replaced(tasks):
    with LocalExecutor(2) as executor:
        first = executor.submit(tasks.pid_after, 0).result()
        os.kill(first, signal.SIGKILL)
        assert executor.submit(tasks.pid_after, 0).result() != first


def test_shutdown_waits_for_all_tasks_or_cancels_those_not_begun(tasks):
    executor = LocalExecutor(2)
    futures = [executor.submit(tasks.pid_after, 0.05) for _ in range(8)]
    executor.shutdown()
    assert all(f.done() and f.result() for f in futures)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(tasks.loaded)

    executor = LocalExecutor(2)
    futures = [executor.submit(tasks.pid_after, 0.5) for _ in range(8)]
    executor.shutdown(cancel_futures=True)
    assert [f.cancelled() for f in futures] == [False] * 2 + [True] * 6


def test_an_interrupt_kills_the_processes_and_leaves_no_future_open(tasks, tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    futures, pids = [], []

    def build():
        with LocalExecutor(2) as executor:
            futures.extend(executor.submit(tasks.announce, str(p)) for p in (*paths, tmp_path / "never"))
            pids.extend(int(wait_for(p)) for p in paths)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build()
    assert not any(alive(p) for p in pids)
    for future in futures:
        assert future.done()
        with pytest.raises(CancelledError):
            future.result()
    assert not (tmp_path / "never").exists()


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import executor_tasks
from vacframe.core.execution.local_executor import LocalExecutor
print("main")
with LocalExecutor(2) as executor:
    executor.submit(executor_tasks.announce, {path!r}).result()
"""


def test_workers_end_when_the_coordinator_is_killed_and_a_script_needs_no_guard(tasks, tmp_path):
    script, path = tmp_path / "script.py", tmp_path / "pid"
    script.write_text(SCRIPT.format(folder=os.path.dirname(tasks.__file__), path=str(path)))
    coordinator = subprocess.Popen([sys.executable, "-u", str(script)], stdout=subprocess.PIPE, text=True)
    worker = int(wait_for(path))
    coordinator.kill()
    assert coordinator.communicate()[0] == "main\n"
    for _ in range(1000):
        if not alive(worker):
            break
        time.sleep(0.01)
    assert not alive(worker)


def test_futures_may_be_submitted_from_callbacks(tasks):
    done = threading.Event()
    with LocalExecutor(2) as executor:
        first = executor.submit(tasks.pid_after, 0)
        first.add_done_callback(lambda _: executor.submit(tasks.pid_after, 0).add_done_callback(lambda _: done.set()))
        assert done.wait(60)
