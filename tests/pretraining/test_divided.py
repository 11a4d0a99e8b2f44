"""Several processes make of every pretext what one makes of the whole batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

PROGRAM = Path(__file__).with_name("divided.py")
Found = dict[str, Tensor]


@pytest.mark.slow
def test_two_processes_make_of_every_pretext_what_one_makes(by_processes: Callable[..., list[Found]]) -> None:
    """Losses, gradient norms, weights, queues and copies, after three steps; the batch of five is divided unevenly."""
    (alone,), (first, second) = by_processes(PROGRAM, 1), by_processes(PROGRAM, 2)
    assert first.keys() == second.keys() == alone.keys()
    for name, value in alone.items():
        assert torch.equal(first[name], second[name]), name
        torch.testing.assert_close(first[name], value, rtol=1e-6, atol=1e-12, msg=f"{name}: {{}}".format)
    moved = {name: float(alone[name].sum()) for name in alone if name.endswith("/backbone.last.weight")}
    assert len(moved) == 17
    assert moved["contrast/backbone.last.weight"] != moved["known noise/backbone.last.weight"]
