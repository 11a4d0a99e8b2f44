"""Figures of steps, read from the device together: to read each at once would make every step wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

Figures = Mapping[str, "float | Tensor"]
Numbers = dict[str, float]
READ_EVERY_S = 0.5


class Readings:
    """Collects the figures of steps and gives their numbers to `report`, some steps at a time.

    Those of the CPU at once, those of another device, which would have to be waited for, twice a second.
    """

    def __init__(self, device: torch.device, report: Callable[[Sequence[Numbers]], None]) -> None:
        self._every_s = 0.0 if device.type == "cpu" else READ_EVERY_S
        self._report = report
        self._waiting: list[Figures] = []
        self._last = -READ_EVERY_S

    def add(self, figures: Figures) -> None:
        """Those of one step; tensors hold one number each."""
        self._waiting.append({k: v.detach() if isinstance(v, Tensor) else v for k, v in figures.items()})
        if time.monotonic() - self._last >= self._every_s:
            self.read()

    def read(self) -> None:
        """Wait, and report what has not been."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._report(numbers(waiting))
        self._last = time.monotonic()


def numbers(rows: Sequence[Figures]) -> list[Numbers]:
    """The figures as numbers, from each device in one go.

    >>> numbers([{"step": 1, "loss": torch.tensor(0.5)}, {"step": 2, "loss": torch.tensor(0.25)}])
    [{'step': 1, 'loss': 0.5}, {'step': 2, 'loss': 0.25}]
    """
    tensors = [value for row in rows for value in row.values() if isinstance(value, Tensor)]
    read: dict[int, float] = {}
    for kind in {(tensor.device, tensor.dtype) for tensor in tensors}:
        same = [tensor for tensor in tensors if (tensor.device, tensor.dtype) == kind]
        read.update(zip(map(id, same), torch.stack([t.reshape(()) for t in same]).tolist(), strict=True))
    return [{name: read[id(v)] if isinstance(v, Tensor) else v for name, v in row.items()} for row in rows]
