import json
import logging
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacframe.core.contract.device import CPU, Device
from vacframe.core.contract.errors import ConfigError, PlanError
from vacframe.core.contract.product import Resources
from vacframe.core.execution import gpus as module
from vacframe.core.execution.device_pool import DevicePool
from vacframe.core.execution.gpus import find_gpus, leasable_gpus, parse_listing
from vacframe.ml.batches import run_with_smaller_batches

LISTING = """0, NVIDIA H100 80GB HBM3, 81559, GPU-5f1b9c2e-0000
1, NVIDIA A100-PCIE-40GB, 40960, GPU-77aa0011-0000
2, NVIDIA GB10, [N/A], GPU-99
"""
FAKE = [{"id": 0, "name": "big", "memory_gb": 80}, {"id": 3, "name": "small", "memory_gb": 16}]


def resources(gpu="preferred", memory=0.0):
    return Resources(gpu=gpu, gpu_memory_gb=memory)


@pytest.fixture
def pool(monkeypatch):
    monkeypatch.setenv("VACFRAME_DEVICES", json.dumps(FAKE))
    return DevicePool(leasable_gpus())


def answering(monkeypatch, stdout="", returncode=0, error=None, stderr=""):
    def run(command, **options):
        assert options["timeout"] > 0
        if error is not None:
            raise error
        return subprocess.CompletedProcess(command, returncode, stdout, stderr)

    monkeypatch.setattr(module.subprocess, "run", run)


def test_listing_of_the_driver(monkeypatch):
    answering(monkeypatch, LISTING)
    devices = leasable_gpus({})
    assert [(d.kind, d.id, d.name) for d in devices] == [
        ("gpu", 0, "NVIDIA H100 80GB HBM3"),
        ("gpu", 1, "NVIDIA A100-PCIE-40GB"),
        ("gpu", 2, "NVIDIA GB10"),
    ]
    assert [d.memory_gb for d in devices] == [85.5, 42.9, 0.0]  # 81559 and 40960 MiB in units of 1e9 bytes
    assert parse_listing("No devices were found\n") == []


@pytest.mark.parametrize(
    ("visible", "expected"), [("1", [1]), ("2,0", [0, 2]), ("", []), ("-1", []), ("GPU-77aa", [1]), ("NoDevFiles", [])]
)
def test_a_restricted_environment_is_respected(monkeypatch, visible, expected):
    answering(monkeypatch, LISTING)
    assert [d.id for d in leasable_gpus({"CUDA_VISIBLE_DEVICES": visible})] == expected


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"error": FileNotFoundError()}, "not installed"),
        ({"error": subprocess.TimeoutExpired("nvidia-smi", 20)}, "timed out"),
        ({"error": PermissionError("denied")}, "denied"),
        ({"returncode": 9, "stderr": "couldn't communicate with the NVIDIA driver"}, "couldn't communicate"),
        ({"stdout": "No devices were found\n"}, "lists 0"),
    ],
)
def test_no_gpu_is_no_error_but_is_explained(monkeypatch, options, said):
    answering(monkeypatch, **options)
    devices, how = find_gpus({})
    assert devices == []
    assert said in how


@pytest.mark.parametrize(
    "text", ["", "nonsense", "{}", '[{"name": "x"}]', '[{"id": "a"}]', "[3]", '[{"id": 0, "x": 1}]']
)
def test_a_wrong_declaration_is_named(text):
    with pytest.raises(ConfigError, match="VACFRAME_DEVICES"):
        leasable_gpus({"VACFRAME_DEVICES": text})


def test_only_the_leased_device_is_visible():
    environ = {"CUDA_VISIBLE_DEVICES": "0,1", "HOME": "x"}
    Device("gpu", 3).make_visible(environ)
    assert environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    CPU.make_visible(environ)
    assert environ["CUDA_VISIBLE_DEVICES"] == "-1"
    assert environ["HOME"] == "x"


def test_never_is_the_cpu_however_many_gpus(pool):
    assert pool.acquire(resources("never")) is CPU
    assert pool.fallback(resources("never")) == ""


def test_the_smallest_sufficient_gpu_is_leased_by_id(pool):
    assert pool.acquire(resources(memory=10)).id == 3
    assert pool.acquire(resources(memory=10)).id == 0
    assert pool.acquire(resources(memory=10)) is None
    assert pool.acquire(resources("never")) is CPU


def test_a_large_product_waits_for_the_large_gpu(pool):
    large = pool.acquire(resources(memory=40))
    assert large.id == 0
    assert pool.acquire(resources(memory=40)) is None
    pool.release(large)
    assert pool.acquire(resources("required", 40)).id == 0


def test_without_a_gpu_preferred_takes_the_cpu_and_says_so():
    pool = DevicePool([])
    assert pool.acquire(resources()) is CPU
    assert pool.fallback(resources()) == "no GPU was found"
    pool.release(CPU)


def test_without_a_sufficient_gpu(pool):
    wanted = resources(memory=100)
    assert pool.acquire(wanted) is CPU
    assert "100 GB" in pool.fallback(wanted)
    assert "big 80 GB" in pool.fallback(wanted)
    with pytest.raises(PlanError, match=r"'nn_models' requires a GPU: no GPU has the 100 GB"):
        pool.acquire(resources("required", 100), "nn_models")


def test_required_without_any():
    with pytest.raises(PlanError, match=r"'nn_models' requires a GPU: no GPU was found"):
        DevicePool([]).acquire(resources("required"), "nn_models")


def test_unknown_memory_suffices():
    assert DevicePool([Device("gpu", 2)]).acquire(resources(memory=40)).id == 2


def test_releasing_twice_is_refused(pool):
    leased = pool.acquire(resources())
    pool.release(leased)
    with pytest.raises(ValueError, match="not leased"):
        pool.release(leased)


def test_threads_never_share_a_gpu():
    pool = DevicePool([Device("gpu", i) for i in range(3)])
    with ThreadPoolExecutor(8) as threads:
        leased = list(threads.map(lambda _: pool.acquire(resources()), range(50)))
    assert sorted(d.id for d in leased if d is not None) == [0, 1, 2]


@given(st.integers(1, 4096), st.integers(1, 4096))
def test_batches_are_halved_until_they_fit(batch, limit):
    tried = []

    def work(size):
        tried.append(size)
        if size > limit:
            raise MemoryError
        return size * 10

    outcome, used = run_with_smaller_batches(work, batch, lambda e: isinstance(e, MemoryError))
    assert outcome == used * 10
    assert used == tried[-1] <= limit
    assert tried == [batch >> k for k in range(len(tried))]


def test_memory_that_never_suffices_raises_with_the_smallest_batch(caplog):
    def work(size):
        raise MemoryError("out")

    with caplog.at_level(logging.WARNING), pytest.raises(MemoryError) as caught:
        run_with_smaller_batches(work, 64, lambda e: isinstance(e, MemoryError), smallest=16)
    assert caught.value.__notes__ == ["memory ran out even with batches of 16"]
    assert "batches of 64, trying 32" in caplog.text


def test_other_errors_come_through():
    def work(size):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_with_smaller_batches(work, 64, lambda e: isinstance(e, MemoryError))
