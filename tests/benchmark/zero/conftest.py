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


@pytest.fixture
def real_pairs(tmp_path: Path) -> Path:
    """A folder of two sets, "first" with two pairs and "second" with one, with white noise of 8 DN, 64 × 64."""
    folder = tmp_path / "real"
    for name, count in (("first", 2), ("second", 1)):
        (folder / name).mkdir(parents=True)
        for seed in range(count):
            write_pair(folder / name, f"scene{seed}", seed)
    return folder


def write_pair(folder: Path, name: str, seed: int, side: int = 64, sigma_dn: float = 8.0) -> None:
    """NAME_real.png and NAME_mean.png."""
    rng = np.random.default_rng(seed)
    clean = np.tile(np.linspace(60, 190, side)[:, None, None], (1, side, 3))
    noisy = clean + sigma_dn * rng.standard_normal(clean.shape)
    for ending, values in (("real", noisy), ("mean", clean)):
        cv2.imwrite(str(folder / f"{name}_{ending}.png"), values.round().astype(np.uint8))
