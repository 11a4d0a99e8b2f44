"""Distances and losses of the device in float32 are those of the CPU in float64, and so are their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rcl_calibration.correlation import REACH, as_tuples
from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.plugins.entries import PRETEXTS, entries
from rcl_cli.pretext import Batch, Pretext, PretextSetup, Views, get_pretext
from rcl_cli.train.device import place_module, placed
from rcl_pretexts.distance import DISTANCES
from rcl_tasks.unet import UNet

pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("exact")]

Relative = Callable[[Tensor, Tensor], float]
CROP, PICTURES = 16, 4
NAMES = [entry.name for entry in entries(PRETEXTS)]


@pytest.mark.parametrize("name", DISTANCES)
def test_distances(name: str, device: str, relative: Relative) -> None:
    rng = torch.Generator().manual_seed(1)
    a, b = (
        torch.randn(n, 2, 999, generator=rng, dtype=torch.float64) * (1 + torch.arange(n)[:, None, None])
        for n in (5, 4)
    )
    weights = torch.randn(5, 4, generator=rng, dtype=torch.float64)

    def forward_and_back(kind: torch.dtype, where: str) -> list[Tensor]:
        first, second = (t.to(where, kind).requires_grad_() for t in (a, b))
        found = DISTANCES[name](first, second)
        (found * weights.to(found)).sum().backward()
        assert first.grad is not None
        assert second.grad is not None
        return [found, first.grad, second.grad]

    for ours, reference in zip(
        forward_and_back(torch.float32, device), forward_and_back(torch.float64, "cpu"), strict=True
    ):
        assert relative(ours, reference) < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_pretexts(name: str, device: str, relative: Relative) -> None:
    pretext = get_pretext(name)
    for domain in sorted(pretext.domains, key=lambda domain: domain.value):
        made = pretext(PretextSetup(domain, CROP, encoder=_encoder, noise=0.05, noise_levels=True))
        views = made.views(_batch(domain, CROP + made.margin), torch.Generator().manual_seed(2))
        loss, gradients = _loss_and_gradients(made, domain, views, device, torch.float32)
        expected, true = _loss_and_gradients(made, domain, views, "cpu", torch.float64)
        assert loss == pytest.approx(expected, rel=1e-4), domain
        assert relative(gradients, true) < 1e-3, domain


def _loss_and_gradients(
    pretext: Pretext, domain: Domain, views: Views, device: str, kind: torch.dtype
) -> tuple[float, Tensor]:
    """Of a network whose weights are always the same; the gradients of all of its parameters in a row."""
    torch.manual_seed(3)
    model = _Restorer(domain)
    modules = nn.ModuleDict({"model": model, "pretext": pretext.build_modules(model)}).to(kind)
    place_module(modules, torch.device(device))
    there = {
        key: placed(view.to(kind) if view.is_floating_point() else view, torch.device(device))
        for key, view in views.items()
    }
    total = pretext.loss(model, there).total
    total.backward()
    parts = [p.grad.detach().cpu().double().flatten() for p in model.parameters() if p.grad is not None]
    return total.item(), torch.cat(parts)


def _batch(domain: Domain, side: int) -> Batch:
    level = torch.linspace(0.1, 0.6, PICTURES).view(-1, 1, 1, 1)
    noise = torch.randn(PICTURES, domain.channels, side, side, generator=torch.Generator().manual_seed(4))
    lags = 2 * REACH + 1
    covariance = np.zeros((domain.channels, domain.channels, lags, lags))
    covariance[range(domain.channels), range(domain.channels), REACH, REACH] = 1e-4
    known: dict[str, Any] = {"covariance": as_tuples(covariance)}
    profiles = tuple(NoiseProfile.uniform(0.01 * n, 1e-4, **known) for n in range(1, PICTURES + 1))
    return Batch(level + 0.1 * level * noise, profiles)


class _Restorer(nn.Module):
    """A backbone that can also be float64."""

    feature_channels = 4

    def __init__(self, domain: Domain) -> None:
        super().__init__()
        self.network = UNet(domain, {"width": self.feature_channels, "depth": 1})
        self.last = nn.Conv2d(self.feature_channels, domain.channels, 3, padding=1)

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return self.network.features(x, sigma)

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return x + 0.1 * self.last(self.features(x, sigma))


def _encoder(x: Tensor) -> list[Tensor]:
    return [torch.tanh(x.mean(dim=1, keepdim=True))]
