from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_cli.samples.scenes import scene


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three pictures to train on and two to test on, 64 × 80."""
    folder = tmp_path_factory.mktemp("zero")
    rng = np.random.default_rng(0)
    for part, count in (("train", 3), ("test", 2)):
        (folder / part).mkdir()
        for number in range(count):
            rgb = (255 * np.sqrt(scene(64, 80, rng))).astype(np.uint8)
            cv2.imwrite(str(folder / part / f"{part}{number}.png"), rgb)
    return folder
