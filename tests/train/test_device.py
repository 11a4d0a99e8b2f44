from __future__ import annotations

import pytest
import torch

from rcl_cli.data.seeds import step_generator
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.models.backbone import Backbone
from rcl_cli.train.device import autocast, choose_device, full_float32, place_module, placed
from rcl_tasks.unet import UNet


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


@pytest.mark.parametrize("capabilities", [{"avx512_bf16": True}, {"amx_bf16": True}, {"avx2": True}, {}])
def test_the_cpu_mixes_precisions_where_it_has_instructions_for_that(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool]
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    with autocast(torch.device("cpu")):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if {"avx512_bf16", "amx_bf16"} & set(capabilities) else torch.float32)


def test_full_float32_is_for_its_block_alone_even_where_that_fails() -> None:
    def failing() -> None:
        with full_float32():
            assert not torch.backends.cudnn.allow_tf32
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        failing()
    assert torch.backends.cudnn.allow_tf32


def test_full_float32_in_several_threads_ends_with_the_last() -> None:
    first, second = full_float32(), full_float32()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not torch.backends.cudnn.allow_tf32
    second.__exit__(None, None, None)
    assert torch.backends.cudnn.allow_tf32


def test_placing_changes_the_order_in_memory_and_no_value() -> None:
    backbone, x = Backbone(UNet(Domain.RGB, {"width": 4, "depth": 1})), torch.rand(2, 3, 8, 8)
    before = backbone(x)
    place_module(backbone, torch.device("cpu"))
    there = placed(x, torch.device("cpu"))
    assert there.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(backbone(there), before)
    torch.testing.assert_close(placed(x[0], torch.device("cpu")), x[0], rtol=0, atol=0)


@pytest.mark.parametrize("residual", [True, False])
def test_a_backbones_result_is_float32_in_mixed_precision(residual: bool) -> None:
    backbone = Backbone(UNet(Domain.RGB, {"width": 4, "depth": 1}), skip=residual)
    x = torch.rand(1, 3, 8, 8)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = backbone(x)
    assert mixed.dtype == torch.float32
    # Finer than bfloat16 could show: its steps near 0.5 are 2⁻⁹.
    assert len(torch.unique(mixed)) > 150
