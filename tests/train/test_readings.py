"""When a device is awaited for its figures, and that none is lost or changed."""

from __future__ import annotations

import pytest
import torch

from rcl_cli.train import readings as module
from rcl_cli.train.readings import Figures, Numbers, Readings, numbers


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_those_of_the_cpu_are_read_at_once() -> None:
    found: list[Numbers] = []
    readings = Readings(torch.device("cpu"), found.extend)
    for step in (1, 2):
        readings.add({"step": step, "loss": torch.tensor(0.1, dtype=torch.float64)})
        assert found[-1] == {"step": step, "loss": 0.1}


def test_those_of_a_device_are_read_together_twice_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, found = Clock(), list[list[float]]()
    monkeypatch.setattr(module, "time", clock)
    readings = Readings(torch.device("cuda"), lambda rows: found.append([row["step"] for row in rows]))
    for step in range(1, 8):
        readings.add({"step": step})
        clock.now += 0.2
    assert found == [[1], [2, 3, 4], [5, 6, 7]]
    readings.read()
    readings.add({"step": 8})
    assert len(found) == 3
    readings.read()
    readings.read()
    assert found[3:] == [[8]]


def test_figures_of_any_kind_become_numbers() -> None:
    shared, double = torch.tensor([2.5], requires_grad=True), torch.tensor(0.1).double()
    rows: list[Figures] = [{"a": shared, "n": 3, "count": torch.tensor(2**60)}, {"a": shared, "exact": double}]
    assert numbers(rows) == [{"a": 2.5, "n": 3, "count": 2**60}, {"a": 2.5, "exact": float(double)}]
    assert numbers([]) == []
