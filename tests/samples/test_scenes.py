from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from rcl_cli.samples.canvas import Canvas, Image
from rcl_cli.samples.scenes import KINDS, render, scene


def energy_above(picture: Image, frequency: float) -> float:
    """Share of the green plane's variance above a frequency in cycles a pixel, averaged over directions.

    A window hides that opposite borders do not match.
    """
    green = picture[..., 1] - picture[..., 1].mean()
    window = np.hanning(green.shape[0])[:, None] * np.hanning(green.shape[1])
    power = np.abs(np.fft.fft2(green * window)) ** 2
    fy, fx = (np.fft.fftfreq(n) for n in green.shape)
    return float(power[np.hypot(fy[:, None], fx) > frequency].sum() / power.sum())


@pytest.mark.parametrize("kind", KINDS)
def test_scenes_are_linear_rgb_in_range_and_not_flat(kind: str) -> None:
    picture = scene(96, 128, np.random.default_rng(2), kind)
    assert picture.shape == (96, 128, 3)
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert picture.std() > 0.005


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_scene(kind: str) -> None:
    first, second, other = (scene(48, 40, np.random.default_rng(s), kind) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 5), (16, 41)])
def test_any_size_will_do(kind: str, size: tuple[int, int]) -> None:
    picture = scene(*size, np.random.default_rng(0), kind)
    assert picture.shape == (*size, 3)
    assert np.isfinite(picture).all()


@pytest.mark.parametrize("kind", KINDS)
def test_finer_painting_changes_little(kind: str) -> None:
    """The picture is the scene, not its sampling: nine times as many samples give almost the same."""
    coarse, fine = (render(Canvas(96, 96, n), np.random.default_rng(4), kind) for n in (3, 9))
    difference = np.sqrt(np.mean((coarse - fine) ** 2))
    # Hairs as thin as three samples have the roughest edges.
    assert difference < (0.2 if kind == "strands" else 0.1) * fine.std()


@pytest.mark.parametrize("kind", KINDS)
def test_little_energy_reaches_the_nyquist_frequency(kind: str) -> None:
    shares = [energy_above(scene(128, 128, np.random.default_rng(seed), kind), 0.48) for seed in range(4)]
    assert np.median(shares) < 0.03
    # White noise would have this much.
    assert energy_above(np.random.default_rng(0).random((128, 128, 3)).astype(np.float32), 0.48) > 0.25


def test_soft_scenes_hold_no_noise() -> None:
    shares = [energy_above(scene(128, 128, np.random.default_rng(seed), "gradients"), 0.25) for seed in range(8)]
    assert np.median(shares) < 1e-6


@pytest.mark.slow
def test_colours_vary_mostly_together_and_over_a_wide_range() -> None:
    pictures = np.concatenate([scene(64, 64, np.random.default_rng(s)).reshape(-1, 3) for s in range(60)])
    logs = np.log(pictures + 1e-4)
    assert np.corrcoef(logs.T)[np.triu_indices(3, 1)].min() > 0.7
    dark, middle, bright = np.percentile(pictures, [1, 50, 99])
    assert dark < 0.02
    assert 0.04 < middle < 0.25
    assert bright > 0.4


def test_a_large_scene_is_a_wall_of_smaller_ones() -> None:
    picture = scene(8, 1600, np.random.default_rng(0), "rough")
    assert picture.shape == (8, 1600, 3)


def test_unknown_kinds_and_empty_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="no kind of scene is called 'static'"):
        scene(8, 8, np.random.default_rng(0), "static")
    with pytest.raises(ValueError, match="at least one row"):
        scene(0, 8, np.random.default_rng(0))


def test_scenes_and_camera_need_no_torch() -> None:
    code = "import sys, rcl_cli.samples.scenes, rcl_cli.samples.camera; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
