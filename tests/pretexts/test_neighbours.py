from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rcl_pretexts.neighbours import draw_neighbours, neighbour_loss, neighbours


def places(channels: int, height: int, width: int) -> Tensor:
    """Every element holds the number of its place."""
    return torch.arange(float(height * width)).view(1, 1, height, width).expand(1, channels, height, width)


@pytest.mark.parametrize("step", [1, 2])
def test_the_two_touch_by_a_side_in_the_same_cell_and_phase(step: int) -> None:
    height, width = 12, 8
    choices = draw_neighbours(1, height, width, step, torch.Generator().manual_seed(0))
    first, second = neighbours(places(2, height, width), choices)
    assert first.shape == second.shape == (1, 2, height // 2, width // 2)
    rows, columns = (torch.stack([f(v[0, 0].long(), width) for v in (first, second)]) for f in (_row, _column))
    apart = (rows[0] - rows[1]).abs() + (columns[0] - columns[1]).abs()
    assert (apart == step).all()
    here = torch.meshgrid(torch.arange(height // 2), torch.arange(width // 2), indexing="ij")
    for found, place in zip((rows, columns), here, strict=True):
        assert (found % step == place % step).all()
        assert (found // (2 * step) == place // step).all()


def _row(place: Tensor, width: int) -> Tensor:
    return place // width


def _column(place: Tensor, width: int) -> Tensor:
    return place % width


def test_every_pair_of_neighbours_is_drawn_equally_often() -> None:
    choices = draw_neighbours(8, 64, 64, 1, torch.Generator().manual_seed(0))
    counts = torch.bincount(choices.flatten(), minlength=8).float()
    assert len(counts) == 8
    # A binomial share of 1/8 of 8192 has a standard deviation of 30.
    assert (counts - 1024).abs().max() < 5 * 30


def test_the_loss_is_that_of_two_cells_worked_by_hand() -> None:
    x = torch.tensor([[[[1.0, 3.0, 5.0, 5.0], [0.0, 0.0, 0.0, 0.0]]]])
    restored = torch.tensor([[[[2.0, 3.0, 5.0, 5.0], [0.0, 0.0, 0.0, 0.0]]]])
    choices = torch.zeros(1, 1, 2, dtype=torch.long)  # the first: upper left, the second: upper right
    # Errors 3 − 1 and 5 − 5; f(x) itself has a difference of 3 − 2 and of 0 between the neighbours.
    loss = neighbour_loss(x, restored, torch.tensor([[[[3.0, 5.0]]]]), choices, detail=0.5)
    assert loss.item() == pytest.approx((2**2 + 0.5 * (2 - 1) ** 2) / 2)


def test_descending_from_the_noisy_picture_leads_to_the_clean_one() -> None:
    rng = torch.Generator().manual_seed(0)
    clean = torch.linspace(0, 1, 64).expand(1, 1, 64, 64)
    noise = 0.1 * torch.randn(clean.shape, generator=rng)
    kept = torch.tensor(1.0, requires_grad=True)  # the share of the noise that is left
    optimizer = torch.optim.SGD([kept], lr=5.0)
    for _ in range(60):
        choices = draw_neighbours(1, 64, 64, 1, rng)
        restored = clean + kept * noise
        second = neighbours(restored, choices)[1]
        optimizer.zero_grad()
        neighbour_loss(clean + noise, restored, second, choices).sum().backward()
        optimizer.step()
    # The noise of 2048 pairs of neighbours is correlated by 1/√2048 = 0.02 in each step by chance.
    assert abs(kept.item()) < 0.1
