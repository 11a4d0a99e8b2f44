"""Muon: orthogonal steps, and a state from which it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from rcl_cli.train.muon import Muon, orthogonalized
from rcl_cli.train.state import load_state, save_state


@pytest.mark.parametrize("shape", [(8, 72), (72, 8), (16, 16)])
def test_singular_values_come_near_one_and_directions_stay(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    found = u.T @ orthogonalized(matrix) @ v.T
    assert (found.diagonal() - 1).abs().max() < 0.35
    assert (found - found.diagonal().diag()).abs().max() < 1e-3


def parts() -> tuple[nn.Sequential, Muon]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), nn.Conv2d(8, 3, 1))
    hidden = [p for p in model.parameters() if p.shape[:2] == (8, 8)]
    assert len(hidden) == 1
    return model, Muon(hidden, [p for p in model.parameters() if p is not hidden[0]], 0.02, 0.004)


def descend(model: nn.Module, optimizer: Muon, steps: range) -> float:
    loss = torch.zeros(())
    for step in steps:
        x = torch.rand(4, 3, 12, 12, generator=torch.Generator().manual_seed(step))
        loss = (model(x) - x[..., 2:-2, 2:-2].flip(1)).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.scale(1.0 - step / 400)
        optimizer.step()
    return float(loss.detach())


def test_it_learns() -> None:
    model, optimizer = parts()
    before = descend(model, optimizer, range(1))
    assert descend(model, optimizer, range(1, 200)) < 0.4 * before


def test_a_resumed_run_is_an_unbroken_one(tmp_path: Path) -> None:
    model, optimizer = parts()
    descend(model, optimizer, range(20))
    save_state(tmp_path / "state", model, optimizer, 20)
    descend(model, optimizer, range(20, 30))
    again, fresh = parts()
    assert load_state(tmp_path / "state", again, fresh) == 20
    descend(again, fresh, range(20, 30))
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_scaling_keeps_the_bases() -> None:
    _, optimizer = parts()
    optimizer.scale(0.5)
    optimizer.scale(0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.005, 0.001]
