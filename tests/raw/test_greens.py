"""Greens that differ as sensors make them differ are evened out; what the scene holds stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_cli.raw import greens
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.greens import even_greens
from rcl_cli.raw.read import read_frame

Float = NDArray[np.float32]


def _packed(rgb: Float) -> Float:
    return np.stack([rgb[::2, ::2, 0], rgb[::2, 1::2, 1], rgb[1::2, ::2, 1], rgb[1::2, 1::2, 2]])


@pytest.fixture
def grey() -> Float:
    """A slope from dark to bright both ways, with a little noise: (4, 96, 128)."""
    rows, columns = np.mgrid[0:192, 0:256].astype(np.float32)
    rgb = np.repeat((0.1 + 0.4 * rows / 192 + 0.3 * columns / 256)[..., None], 3, axis=2)
    rgb += np.random.default_rng(0).normal(0, 0.004, rgb.shape)
    return _packed(rgb.astype(np.float32))


def _mean_difference(x: Float) -> float:
    return float(np.mean((x[1] - x[2]) / (x[1] + x[2]) * 2))


def test_a_sensors_difference_goes_and_the_mean_of_the_greens_stays(grey: Float) -> None:
    uneven = grey * np.array([1, 1.008, 0.992, 1], np.float32)[:, None, None]
    even = even_greens(uneven)
    left, before = (_mean_difference(x) - _mean_difference(grey) for x in (even, uneven))
    assert abs(left) < 0.1 * before
    assert np.abs(even[1] + even[2] - uneven[1] - uneven[2]).max() < 1e-6
    assert np.array_equal(even[[0, 3]], uneven[[0, 3]])


def test_noise_alone_is_not_taken_for_a_difference(grey: Float) -> None:
    moved = np.abs(even_greens(grey) - grey)
    assert moved.mean() < 0.02 * 0.004


def test_a_texture_as_fine_as_the_mosaic_stays(grey: Float) -> None:
    checks = grey * np.array([1, 1.1, 0.9, 1], np.float32)[:, None, None]
    assert np.array_equal(even_greens(checks), checks)


def test_what_is_clipped_stays() -> None:
    clipped = np.ones((4, 64, 64), np.float32)
    clipped[:, :, :32] = np.array([0.4, 0.404, 0.396, 0.4], np.float32)[:, None, None]
    even = even_greens(clipped)
    assert np.array_equal(even[..., 33:], clipped[..., 33:])
    assert abs(_mean_difference(even[..., :31])) < 1e-3


def test_strips_give_what_the_whole_gives(grey: Float, monkeypatch: pytest.MonkeyPatch) -> None:
    uneven = grey * np.array([1, 1.01, 0.99, 1], np.float32)[:, None, None]
    whole = even_greens(uneven)
    monkeypatch.setattr(greens, "_STRIP", 20)
    assert np.allclose(even_greens(uneven), whole, atol=1e-6)


@pytest.mark.realdata
def test_pictures_without_a_sensor_hardly_change(realdata: Path) -> None:
    """By less than the best demosaicking's error by 25 dB."""
    for path in sorted((realdata / "rgb" / "test" / "kodak").glob("*.png"))[:6]:
        frame = read_frame(path, linear=True)
        assert isinstance(frame, RgbFrame)
        x = _packed(frame.rgb)
        assert -10 * np.log10(np.mean((even_greens(x) - x) ** 2) + 1e-12) > 66
