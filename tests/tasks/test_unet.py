from __future__ import annotations

import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.models.backbone import Backbone
from rcl_tasks.unet import UNet


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_radius_covers_the_measured_receptive_field(depth: int) -> None:
    torch.manual_seed(depth)
    unet = UNet(Domain.RGB, {"width": 3, "depth": depth})
    radius = unet.radius()
    reach = 0
    for phase in range(unet.multiple):
        side = 2 * (radius + unet.multiple) // unet.multiple * unet.multiple + unet.multiple
        x = torch.randn(1, 3, side, side, requires_grad=True)
        centre = side // 2 + phase
        unet(x)[0, :, centre, centre].pow(2).sum().backward()
        assert x.grad is not None
        reach = max(reach, int((x.grad[0].abs().amax(0).nonzero() - centre).abs().max()))
    assert reach == radius


def test_sigma_changes_nothing_until_trained() -> None:
    unet = UNet(Domain.BAYER, {"width": 4, "depth": 1})
    x = torch.randn(1, 4, 8, 8)
    assert torch.equal(unet(x), unet(x, torch.rand_like(x)))
    torch.nn.init.ones_(unet.sigma_stem.weight)
    assert not torch.equal(unet(x), unet(x, torch.rand_like(x)))


def test_residual_backbone_starts_near_its_input() -> None:
    torch.manual_seed(0)
    x = torch.rand(1, 3, 16, 16)
    near = Backbone(UNet(Domain.RGB, {"width": 8, "depth": 1}))(x)
    plain = Backbone(UNet(Domain.RGB, {"width": 8, "depth": 1}), skip=False)(x)
    assert (near - x).abs().mean() < 0.1 < (plain - x).abs().mean()


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(RclError, match="the option width of the network unet must be at least 1, not 0"):
        UNet(Domain.RGB, {"width": 0})
