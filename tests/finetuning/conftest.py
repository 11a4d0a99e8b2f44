"""Clean pictures to learn from."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six smooth pictures."""
    folder = tmp_path / "clean"
    folder.mkdir()
    rng = np.random.default_rng(2)
    for number in range(6):
        small = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), cv2.resize(small, (64, 48)))
    return folder
