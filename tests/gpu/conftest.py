"""What the comparisons of devices share. The reference is the CPU; where it is the device, something else differs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from rcl_cli.samples.scenes import scene

# cuBLAS repeats its sums only with a workspace of its own; read when CUDA starts.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """No TF32, as in `rcl apply`."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of four noisy scenes."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        rng = np.random.default_rng(number)
        noisy = scene(160, 176, rng) ** (1 / 2.2) * 255 + rng.normal(0, 4 + 3 * number, (160, 176, 3))
        cv2.imwrite(str(folder / f"{number}.png"), noisy.clip(0, 255).astype(np.uint8))
    return folder


@pytest.fixture
def relative() -> Callable[[torch.Tensor, torch.Tensor], float]:
    """‖a − b‖ / ‖b‖."""

    def error(a: torch.Tensor, b: torch.Tensor) -> float:
        first, second = a.detach().cpu().double(), b.detach().cpu().double()
        return float((first - second).norm() / second.norm().clamp_min(1e-12))

    return error
