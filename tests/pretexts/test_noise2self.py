from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.noise import add_noises
from rcl_cli.pretext import Batch, PretextSetup
from rcl_pretexts.noise2self import Noise2Self, grid_masks, random_neighbours


class Blurred(nn.Module):
    """Means of 3 × 3 elements, the middle one too."""

    feature_channels = 3

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return avg_pool2d(x, 3, stride=1, padding=1)

    features = forward


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("together", [False, True])
def test_it_never_sees_what_it_predicts(together: bool) -> None:
    pretext = Noise2Self(PretextSetup(Domain.RGB, 16, options={"together": together}))
    x = torch.rand(2, 3, 16, 16, generator=generator())
    first = pretext.views(Batch(x), generator(1))
    hidden = first["mask"].bool()
    second = pretext.views(Batch(torch.where(hidden, torch.rand(x.shape, generator=generator(2)), x)), generator(1))
    assert torch.equal(first["mask"], second["mask"])
    assert torch.equal(first["seen"], second["seen"])
    assert torch.equal(first["seen"][~hidden], x[~hidden])
    assert (first["seen"][hidden] != x[hidden]).all()


def test_the_loss_is_the_mean_squared_error_where_it_is_hidden() -> None:
    pretext = Noise2Self(PretextSetup(Domain.RGB, 4, noise=0.5))
    mask = torch.zeros(1, 3, 4, 4)
    mask[0, 0, 1, 1] = mask[0, 2, 0, 3] = 1
    target = torch.full((1, 3, 4, 4), 100.0)
    target[0, 0, 1, 1], target[0, 2, 0, 3] = 4.0, 3.0
    views = {"seen": torch.ones(1, 3, 4, 4), "target": target, "mask": mask}
    # Restored: 1 inside, and 4/9 at the corner, where five of nine elements lie outside. Over the noise's variance.
    expected = ((4 - 1) ** 2 + (3 - 4 / 9) ** 2) / 2 / 0.25
    assert pretext.loss(Blurred(), views).total.item() == pytest.approx(expected)


def test_the_noise_only_adds_its_variance() -> None:
    # Batson & Royer, eq. 1: against the noisy values the error is that against the clean ones plus the noise.
    pretext = Noise2Self(PretextSetup(Domain.RGB, 24, noise=1.0))
    clean = torch.linspace(0.2, 0.8, 24).expand(1, 3, 24, 24)
    variance = 0.004
    rng = generator()
    excess = []
    for _ in range(400):
        views = pretext.views(Batch(add_noises(clean, (NoiseProfile.uniform(0.0, variance),), Domain.RGB, rng)), rng)
        against_clean = pretext.loss(Blurred(), {**views, "target": clean}).total
        excess.append((pretext.loss(Blurred(), views).total - against_clean).item())
    values = torch.tensor(excess)
    error = values.std() / math.sqrt(len(values))
    assert abs(values.mean() - variance) <= 4 * error
    assert error < 0.05 * variance


def test_a_grid_of_four_hides_a_sixteenth_of_each_channel_at_a_place_of_its_own() -> None:
    masks = grid_masks(torch.zeros(40, 3, 16, 16), 4, False, generator())
    assert (masks.mean((2, 3)) == 1 / 16).all()
    assert (masks.sum(1) <= 1).all()
    assert len({tuple(mask.flatten().nonzero()[0].tolist()) for mask in masks[:, 0]}) > 8


def test_more_channels_than_places_share_them() -> None:
    masks = grid_masks(torch.zeros(1, 9, 8, 8), 2, False, generator())
    assert (masks.mean((2, 3)) == 1 / 4).all()
    assert sorted(masks[0, :, :2, :2].sum(0).flatten().tolist()) == [2, 2, 2, 3]


def test_together_all_channels_are_hidden_at_once() -> None:
    masks = grid_masks(torch.zeros(5, 3, 16, 16), 4, True, generator())
    assert (masks.mean((2, 3)) == 1 / 16).all()
    assert torch.equal(masks[:, 0], masks[:, 1])
    assert torch.equal(masks[:, 0], masks[:, 2])


def test_all_eight_neighbours_are_drawn_and_never_the_element_itself() -> None:
    x = torch.arange(18.0).view(1, 2, 3, 3)
    rng = generator()
    drawn = [random_neighbours(x, rng) for _ in range(300)]
    assert {d[0, 0, 1, 1].item() for d in drawn} == {0, 1, 2, 3, 5, 6, 7, 8}
    assert {d[0, 1, 1, 1].item() for d in drawn} == {9, 10, 11, 12, 14, 15, 16, 17}
    # At the corner, mirrored: right, below and across; below and right twice, across four times out of eight.
    corner = torch.tensor([d[0, 0, 0, 0].item() for d in drawn])
    assert set(corner.tolist()) == {1, 3, 4}
    # A share of 1/2 in 300 draws: four standard errors.
    assert abs((corner == 4).float().mean() - 0.5) < 4 * math.sqrt(0.25 / 300)
