from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_benchmark.quality.pictures import Float, Picture
from rcl_cli.samples.scenes import scene


def coded_scene(height: int, width: int, seed: int = 0) -> Float:
    """(H, W, 3) in [0, 1] with steps of 1/255, as an 8-bit file holds them."""
    linear = scene(height, width, np.random.default_rng(seed))
    return (np.rint(255 * np.sqrt(np.clip(linear, 0, 1))) / 255).astype(np.float32)


@pytest.fixture(scope="session")
def v() -> Float:
    """A picture of 72 × 64 as stored."""
    return coded_scene(72, 64)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders, "first" with two pictures and "second" with one, 64 × 72."""
    root = tmp_path_factory.mktemp("quality")
    for folder, count in (("first", 2), ("second", 1)):
        (root / folder).mkdir()
        for number in range(count):
            write(root / folder / f"{folder}{number}.png", coded_scene(64, 72, number))
    return root


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """One real pair, with white noise of 10 DN."""
    folder = tmp_path / "shots"
    folder.mkdir()
    clean = coded_scene(64, 64)
    write(folder / "a_mean.png", clean)
    write(folder / "a_real.png", clean + np.random.default_rng(0).normal(0, 10 / 255, clean.shape))
    return folder


@pytest.fixture
def picture(pictures: Path) -> Picture:
    return Picture(pictures / "first" / "first0.png", "first")


@pytest.fixture(scope="session")
def psnr() -> Callable[[Float, Float], float]:
    """The definition, in double precision."""

    def of(x: Float, y: Float) -> float:
        return float(-10 * np.log10(np.mean((x.astype(np.float64) - y) ** 2)))

    return of


def write(path: Path, values: NDArray[np.floating[Any]]) -> None:
    cv2.imwrite(str(path), np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)[..., ::-1])
