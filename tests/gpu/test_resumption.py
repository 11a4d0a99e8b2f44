"""`rcl pretrain` that was stopped and resumed leaves what an unbroken run leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from rcl_cli.pretraining.session import pretrain

pytestmark = pytest.mark.gpu

STEPS, STOP = 6, 3
BOUND = 1e-2
"""Relative, of all weights in a row, where the device has no repeatable algorithm for a step."""
OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "published": {"alpha": 1e-3, "centred": False, "recorrupted": 0.0, "neighbours": 0.0},
}


@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS)
def test_a_resumed_run_ends_as_an_unbroken_one(
    options: str,
    device: str,
    pictures: Path,
    tmp_path: Path,
    relative: Callable[[torch.Tensor, torch.Tensor], float],
    record_property: Callable[[str, object], None],
) -> None:
    def run(name: str, steps: int, **more: Any) -> torch.Tensor:
        settings: dict[str, Any] = {"device": device, "cache": tmp_path / "cache", "output": tmp_path / name}
        new: dict[str, Any] = {
            **{"preset": "smoke", "options": OPTIONS[options], "network_options": {"width": 4, "depth": 1}},
            **{"batch": 4, "crop": 16, "encoder_steps": 4, "fall": 0.0},
        }
        made = pretrain(pictures, **settings, steps=steps, **(more or new))
        return torch.cat([tensor.flatten() for tensor in load_file(made.backbone).values()])

    def whole_and_resumed(name: str) -> tuple[torch.Tensor, torch.Tensor]:
        whole = run(f"{name}-whole", STEPS)
        run(f"{name}-broken", STOP)
        return whole, run(f"{name}-broken", STEPS, resume=True)

    torch.use_deterministic_algorithms(True)
    try:
        whole, resumed = whole_and_resumed("exact")
    except RuntimeError as error:
        if "deterministic" not in str(error):
            raise
        torch.use_deterministic_algorithms(False)
        whole, resumed = whole_and_resumed("near")
        record_property(f"resumed ({options})", f"not bit for bit: {str(error).split(chr(10))[0][:160]}")
        assert relative(resumed, whole) < BOUND
    else:
        record_property(f"resumed ({options})", "bit for bit")
        assert torch.equal(resumed, whole)
    finally:
        torch.use_deterministic_algorithms(False)
