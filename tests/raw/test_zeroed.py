"""A part of a raw that is nothing but zeros is named; the dark is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rcl_cli.raw.frame import RgbFrame, raw_frame
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write
from rcl_cli.raw.zeroed import zero_rows

HEIGHT, WIDTH = 200, 128


def _written(path: Path, mosaic: np.ndarray, black: float = 64) -> Path:
    write(path, raw_frame(mosaic, "RGGB", black=black, white=4095))
    return path


def _noisy(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 4095, (HEIGHT, WIDTH)).astype(np.uint16)


@pytest.mark.parametrize(("start", "end"), [(100, 200), (0, 120), (60, 90), (180, 200)])
def test_rows_of_zeros_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture, start: int, end: int) -> None:
    mosaic = _noisy()
    mosaic[start:end] = 0
    path = _written(tmp_path / "damaged.dng", mosaic)
    for _ in range(2):
        read_frame(path)
    (warning,) = caplog.messages
    assert warning.startswith(f"{path}: rows {start + 1} to {end} of 200 are nothing but zeros")


def test_so_are_those_of_linear_raws(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rgb = np.random.default_rng(0).uniform(0.1, 0.9, (HEIGHT, WIDTH, 3)).astype(np.float32)
    rgb[150:] = 0
    path = tmp_path / "linear.dng"
    write(path, RgbFrame(rgb, "linear", 16, camera_rgb=True))
    read_frame(path)
    assert "rows 151 to 200 of 200 are nothing but zeros" in caplog.text


def test_borders_and_the_dark_are_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(0)
    bordered = _noisy()
    bordered[:16] = bordered[-16:] = 0
    dark = np.rint(rng.normal(0, 1, (HEIGHT, WIDTH))).clip(0)  # a lens cap, cut off at black
    capped = np.rint(rng.normal(64, 2, (HEIGHT, WIDTH)))
    read_frame(_written(tmp_path / "bordered.dng", bordered))
    read_frame(_written(tmp_path / "dark.dng", dark.astype(np.uint16), black=0))
    read_frame(_written(tmp_path / "capped.dng", capped.astype(np.uint16)))
    assert not caplog.messages


def test_the_longest_run_counts_and_only_whole_rows() -> None:
    values = np.ones((20, 300), np.uint16)
    values[3:6] = values[10:15] = 0
    assert zero_rows(values) == (10, 15)
    values[12, 299] = 1  # in no column that is looked at first
    assert zero_rows(values) == (3, 6)
    assert zero_rows(np.ones((4, 4))) == (0, 0)
    assert zero_rows(np.zeros((4, 4))) == (0, 4)
