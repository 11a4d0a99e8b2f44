from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from rcl_cli.cli.main import cli
from rcl_cli.data.crops import RegionSource
from rcl_cli.domain import Domain


@dataclass(frozen=True)
class FlatPicture:
    regions: NDArray[np.float32]


@pytest.fixture
def noisy_source() -> Callable[..., RegionSource]:
    """Flat grey pictures that differ in their noise: σ of picture i is (i + 1)/255."""

    def make(pictures: int = 4, side: int = 24, domain: Domain = Domain.RGB) -> RegionSource:
        rng = np.random.default_rng(0)
        shape = (2, domain.channels, side, side)
        return RegionSource(
            [FlatPicture(rng.normal(0.5, (i + 1) / 255, shape).astype(np.float32)) for i in range(pictures)], domain
        )

    return make


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of four grey pictures that differ in their brightness and noise."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(4):
        pixels = rng.normal(100 + 20 * i, 4 + 3 * i, (64, 72, 3)).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{i}.png"), pixels)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """`rcl pretrain` in the process, on the CPU."""

    def call(*arguments: object) -> Result:
        given = ["pretrain", "--cache", str(tmp_path / "cache"), "--device", "cpu", *map(str, arguments)]
        return CliRunner().invoke(cli, given)

    return call
