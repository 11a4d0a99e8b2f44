"""Noise of labels against what was added to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rcl_cli.data.clean_pictures import CleanPicture
from rcl_cli.finetuning.label_noise import label_noise


def labels(sigma: float, count: int = 3) -> list[CleanPicture]:
    """Smooth colours with white noise of a known level."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:512, :512] / 512
    rgb = np.stack([0.1 + 0.3 * x, 0.1 + 0.3 * y, 0.2 + 0.1 * x * y])
    noisy = [rgb + sigma * rng.standard_normal(rgb.shape) for _ in range(count)]
    return [CleanPicture(Path(f"{n}.png"), torch.from_numpy(one).half(), False) for n, one in enumerate(noisy)]


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.003, 0.03])
def test_the_level_is_found_and_a_high_one_is_warned_of(sigma: float) -> None:
    found = label_noise(labels(sigma))
    assert found is not None
    assert found.sigma == pytest.approx(sigma, rel=0.15)
    assert (found.measured, found.pictures) == (3, 3)
    assert len(found.sentences) == (2 if sigma > 0.01 else 1)
    assert f"{found.sigma:.2%}" in found.sentences[0]


@pytest.mark.slow
def test_clean_labels_are_said_to_be_clean() -> None:
    found = label_noise(labels(0.0, 1))
    assert found is not None
    assert found.sigma < 5e-4
    assert "themselves: less than 0.05%" in found.sentences[0]


def test_pictures_without_a_flat_part_say_nothing() -> None:
    clipped = CleanPicture(Path("white.png"), torch.ones(3, 64, 64).half(), False)
    assert label_noise([clipped]) is None
