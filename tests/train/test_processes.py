"""What a process does alone, and what cannot be divided; tests/pretraining/test_divided.py has the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from rcl_cli.errors import RclError
from rcl_cli.train.launch import Place
from rcl_cli.train.processes import ALONE, Processes, processes


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    """One process that takes itself for one of several."""
    monkeypatch.setattr(Place, "here", lambda: Place(0, 1, 0, 1, f"file://{tmp_path / 'meeting'}"))
    with processes("cpu") as found:
        yield found


@pytest.mark.parametrize("alone", [True, False])
def test_one_process_does_what_it_would_do_anyway(team: Processes, alone: bool) -> None:
    here = ALONE if alone else team
    layer, x = nn.Linear(3, 2), torch.rand(4, 3, requires_grad=True)
    expected = torch.autograd.grad(layer(x).square().sum(), [x, *layer.parameters()])
    here.share(layer)
    found = torch.autograd.grad(here.divided(layer, x).square().sum(), [x, *layer.parameters()])
    torch.testing.assert_close(found, expected)
    assert here.given(lambda: "word") == "word"
    assert here.agree(1.5)
    assert here.any(True)
    assert not here.any(False)
    assert here.first
    assert here.leads


def test_a_network_that_normalises_by_its_batch_is_refused(team: Processes) -> None:
    with pytest.raises(RclError, match="train in one process"):
        team.share(nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)))
