from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli


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
