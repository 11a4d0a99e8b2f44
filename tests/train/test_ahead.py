"""What steps need, made by threads: in order, ahead, and failing where the step is."""

from __future__ import annotations

import threading
import time

import pytest
import torch

from rcl_cli.train.ahead import ahead

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
THREADS = 3


@pytest.fixture(autouse=True)
def three_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: THREADS)


@pytest.mark.parametrize("beside", [CPU, CUDA])
def test_the_steps_come_in_order_however_long_each_takes(beside: torch.device) -> None:
    def make(step: int) -> int:
        time.sleep(0.004 * (7 * step % 3))
        return step

    assert list(ahead(make, range(4, 15), beside)) == list(range(4, 15))
    assert list(ahead(make, range(3, 3), beside)) == []


@pytest.mark.parametrize(("beside", "threads"), [(CPU, 1), (CUDA, THREADS)])
def test_so_many_are_made_while_a_step_is_at_work(beside: torch.device, threads: int) -> None:
    begun: list[int] = []
    made = ahead(lambda step: begun.append(step), range(20), beside)
    next(made)
    deadline = time.monotonic() + 10
    while len(begun) < 1 + threads and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.01)
    assert sorted(begun) == list(range(1 + threads))
    made.close()


def test_several_are_made_at_once() -> None:
    together = threading.Barrier(THREADS, timeout=10)
    assert sum(1 for _ in ahead(lambda step: together.wait(), range(2 * THREADS), CUDA)) == 2 * THREADS


def test_what_fails_is_raised_at_its_step() -> None:
    made = ahead(lambda step: 6 // (2 - step), range(5), CUDA)
    assert [next(made), next(made)] == [3, 6]
    with pytest.raises(ZeroDivisionError):
        next(made)
