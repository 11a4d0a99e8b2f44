from __future__ import annotations

import pytest
import torch

from rcl_cli.device import autocast, choose_device, step_generator
from rcl_cli.errors import RclError
from rcl_cli.nn.backbone import Backbone
from rcl_cli.nn.unet import UNetConfig


def test_auto_prefers_the_accelerator() -> None:
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device().type == expected
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "reason"), [("abacus", "no device called"), ("cuda:99", "has no device"), ("meta", "has no device")]
)
def test_devices_that_are_not_here(name: str, reason: str) -> None:
    with pytest.raises(RclError, match=reason):
        choose_device(name)


def test_each_step_has_its_own_repeatable_numbers() -> None:
    draws = {(seed, step): torch.rand(4, generator=step_generator(seed, step)) for seed in (0, 1) for step in (0, 1)}
    assert len({tuple(draw.tolist()) for draw in draws.values()}) == 4
    torch.testing.assert_close(torch.rand(4, generator=step_generator(1, 1)), draws[1, 1], rtol=0, atol=0)


def test_the_cpu_computes_in_float32() -> None:
    with autocast(torch.device("cpu")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


@pytest.mark.parametrize("residual", [True, False])
def test_a_backbones_result_is_float32_in_mixed_precision(residual: bool) -> None:
    backbone = Backbone(UNetConfig(channels=3, width=4, depth=1, residual=residual))
    x = torch.rand(1, 3, 8, 8)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = backbone(x)
    assert mixed.dtype == torch.float32
    # Finer than bfloat16 could show: its steps near 0.5 are 2⁻⁹.
    assert len(torch.unique(mixed)) > 150
