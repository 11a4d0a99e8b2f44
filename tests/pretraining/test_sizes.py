"""Crops that are larger than the pictures: the crop that would do is named, and does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import Result

TINY = ("--steps", 1, "--batch", 2, "--width", 4, "--depth", 1, "--encoder-steps", 1)


def _picture(path: Path, height: int, width: int) -> Path:
    noise = np.random.default_rng(height).integers(0, 255, (height, width, 3))
    cv2.imwrite(str(path), noise.astype(np.uint8))
    return path


def _said(result: Result) -> str:
    return " ".join(result.stderr.split())


@pytest.mark.slow
@pytest.mark.parametrize("crop", [64, 512, 8192, 1_000_000])
def test_the_crop_that_would_do_is_named(pictures: Path, run: Callable[..., Result], crop: int, tmp_path: Path) -> None:
    result = run(pictures, *TINY, "--crop", crop)
    assert result.exit_code == 2
    said = _said(result)
    assert "cache" not in said
    assert f"smaller than {crop * 3 // 2}×{crop * 3 // 2} pixels, which --crop {crop} needs" in said
    proposed = re.search(r"--crop (\d+) would do", said)
    assert proposed is not None
    good = int(proposed[1])
    assert good * 3 // 2 <= 64 < (good + 4) * 3 // 2
    assert run(pictures, *TINY, "--crop", good, "-o", tmp_path / "run").exit_code == 0
    assert run(pictures, *TINY, "--crop", good + 4).exit_code == 2


def test_pictures_too_small_for_any_crop(tmp_path: Path, run: Callable[..., Result]) -> None:
    paths = [_picture(tmp_path / f"{i}.png", 10, 20 + i) for i in range(2)]
    assert "no --crop is small enough" in _said(run(*paths, *TINY, "--crop", 16))


def test_one_large_picture_is_not_enough(tmp_path: Path, run: Callable[..., Result]) -> None:
    paths = [_picture(tmp_path / f"{side}.png", side, side) for side in (40, 60, 200)]
    said = _said(run(*paths, *TINY, "--crop", 128))
    assert "all pictures but one are smaller" in said
    assert "--crop 40 would do" in said  # for the one of 60; 40·1.5 = 60


@pytest.mark.slow
def test_small_pictures_among_others_are_left_out_with_the_crop_that_would_do(
    pictures: Path, tmp_path: Path, run: Callable[..., Result]
) -> None:
    _picture(pictures / "small.png", 26, 30)
    result = run(pictures, *TINY, "--crop", 32, "--json")
    assert result.exit_code == 1
    assert "is smaller than 48×48 pixels, which --crop 32 needs; --crop 16 would do, or leave it out" in result.stdout


@pytest.mark.slow
def test_a_cache_that_is_too_small_for_large_pictures_is_still_said(pictures: Path, run: Callable[..., Result]) -> None:
    said = _said(run(pictures, *TINY, "--crop", 32, "--cache-size", "1k"))
    assert "the cache is too small for 4 pictures; use --cache-size of at least 1M" in said
