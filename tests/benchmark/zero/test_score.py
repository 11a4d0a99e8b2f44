"""Networks are scored as `rcl apply --ensemble` restores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from rcl_benchmark.zero.data import NoisyPicture
from rcl_benchmark.zero.score import network
from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.models.backbone import Backbone
from rcl_cli.nn.cfa import unpack
from rcl_tasks.unet import UNet

PROFILE = NoiseProfile((0.01, 0.02, 0.03, 0.04), (1e-4, 2e-4, 3e-4, 4e-4))


class Recording(UNet):
    """Remembers what it was told."""

    def __init__(self, domain: Domain) -> None:
        super().__init__(domain, {"width": 4, "depth": 1})
        self.told: list[tuple[Tensor, Tensor]] = []

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        assert sigma is not None
        self.told.append((x.clone(), sigma.clone()))
        return super().forward(x, sigma)


@pytest.mark.parametrize("domain", [Domain.RGB, Domain.BAYER])
def test_a_network_that_changes_nothing_gives_the_picture_and_hears_each_values_noise(domain: Domain) -> None:
    noisy = torch.rand(domain.channels, 8, 12, generator=torch.Generator().manual_seed(0))
    backbone, unet = Backbone(UNet(domain, {"width": 4, "depth": 1})), Recording(domain)
    backbone.network = unet
    torch.nn.init.zeros_(backbone.last.weight)
    restored = network(backbone, domain, torch.device("cpu"), told=True)(NoisyPicture(Path(), noisy, noisy, PROFILE))
    torch.testing.assert_close(restored, noisy)
    # Once as it is and once disturbed, in each of the eight ways.
    assert len(unet.told) == 16
    pixels = (unpack(noisy, domain) if domain.is_raw else noisy).flatten()
    planes = torch.tensor(list(domain.noise_planes))[:, None, None].expand_as(noisy)
    of_value = {
        round(float(value), 6): (PROFILE.shot[plane] * value + PROFILE.read[plane]) ** 0.5
        for value, plane in zip(noisy.flatten().tolist(), planes.flatten().tolist(), strict=True)
    }
    assert len(of_value) == len(pixels)
    for x, sigma in unet.told[::2]:
        expected = [of_value[round(float(value), 6)] for value in x.flatten().tolist()]
        np.testing.assert_allclose(sigma.flatten().numpy(), expected, rtol=1e-5)
