"""Two frames of one scene, against simulated sensors whose noise is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.fixed_pattern import black_level_warning, black_levels, prnu
from rcl_calibration.frame_pair import difference, without_axes
from rcl_calibration.model import Noise
from rcl_calibration.moved import MovedError
from rcl_calibration.pair_profile import estimate_pair, profile_of_pairs
from rcl_calibration.photon_transfer import measure_pair
from rcl_calibration.profile import SIGMA_X
from rcl_calibration.samples import Lattice

Frame = NDArray[np.float64]
X = np.linspace(0.02, 0.8, 40)
SHOT, READ = 2e-3, 1e-5


@pytest.fixture
def pair(scene: Frame, sensor: Callable[..., Any]) -> Callable[..., tuple[list[Lattice], list[Lattice]]]:
    """Exposes two frames; `change` makes each one's scene from the number 0 or 1 and the scene."""

    def make(
        change: Callable[[int, Frame], Frame] = lambda _, view: view, view: Frame = scene, **levels: Any
    ) -> tuple[list[Lattice], list[Lattice]]:
        simulated = sensor(levels.pop("shot", SHOT), levels.pop("read", READ), **levels)
        rng = np.random.default_rng(3)
        first, second = (simulated.lattices(simulated.expose(change(n, view), rng)) for n in range(2))
        return first, second

    return make


def _error(found: Any, shot: float = SHOT, read: float = READ) -> float:
    return float(np.sqrt(np.mean((found.sigma(X) / np.sqrt(shot * X + read) - 1) ** 2)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shot", "read", "bits", "black"),
    [(2e-3, 1e-5, 12, 128.0), (1e-4, 6e-9, 14, 512.0), (1.2e-2, 2e-4, 12, 256.0), (0.0, 1e-3, 12, 16.0)],
)
def test_noise_is_found_to_a_fraction_of_a_percent(
    pair: Callable[..., Any], shot: float, read: float, bits: int, black: float
) -> None:
    found = estimate_pair(*pair(shot=shot, read=read, bits=bits, black=black))
    assert _error(found, shot, read) < 0.004
    assert found.quality == "ok"
    assert found.images == 2
    assert found.sigma_ci is not None
    low, high = np.array(found.sigma_ci[1]).T
    truth = np.sqrt(shot * np.array(SIGMA_X) + read)
    assert ((low <= truth * 1.002) & (truth * 0.998 <= high)).all()
    assert ((high - low) / truth < 0.02).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shot", "read", "black", "most"),
    [(1.2e-2, 2e-4, 64.0, 0.004), (1.2e-2, 2e-4, 0.0, 0.008), (1e-3, 1e-6, 0.0, 0.004), (2e-2, 6e-4, 0.0, 0.015)],
)
def test_photon_noise_that_is_cut_off_at_black_is_found(
    pair: Callable[..., Any], shot: float, read: float, black: float, most: float
) -> None:
    """As of a Gaussian of the same variance, σ(0.02) of these would come out 0.3 to 3.4 % too high."""
    found = estimate_pair(*pair(shot=shot, read=read, black=black))
    truth = np.sqrt(shot * 0.02 + read)
    assert found.sigma_ci is not None
    low, high = found.sigma_ci[1][0]
    assert abs(found.sigma(0.02) / truth - 1) < most
    assert low < 1.001 * truth < 1.002 * high
    assert _error(found, shot, read) < 0.004


@pytest.mark.slow
def test_a_still_pair_that_is_textured_everywhere_is_measured(pair: Callable[..., Any]) -> None:
    y, x = np.mgrid[0:1200, 0:1600]
    waves = 0.1 * np.sin(0.9 * x + 0.3 * y) + 0.1 * np.sin(1.3 * y - 0.5 * x)
    textured = (0.12 + 0.5 * x / 1600 + waves * (0.2 + x / 1600))[..., None].repeat(3, 2)
    found = estimate_pair(*pair(view=np.clip(textured, 0, 1)))
    assert found.quality == "ok"
    assert _error(found) < 0.004


@pytest.mark.slow
def test_flicker_costs_nothing(pair: Callable[..., Any]) -> None:
    """Lamps that flicker under a rolling shutter light every row differently, in each frame anew."""

    def flicker(number: int, view: Frame) -> Frame:
        rows = np.arange(view.shape[0])
        return view * ((1 + 0.02 * np.sin(rows / 80 + 2 * number)) * (1 - 0.01 * number))[:, None, None]

    measured = measure_pair(*pair(flicker))
    assert _error(profile_of_pairs([measured], method="pairs")) < 0.003


@pytest.mark.slow
def test_hot_pixels_and_small_moving_things_cost_nothing(pair: Callable[..., Any]) -> None:
    rng = np.random.default_rng(8)
    hot = np.where(rng.random((1200, 1600, 1)) < 1e-3, rng.uniform(0.05, 1.5, (1200, 1600, 1)), 0)

    def spoil(number: int, view: Frame) -> Frame:
        blinking = np.where(rng.random(hot.shape) < 0.7, hot, 0)
        moved = view + blinking
        moved[200:280, 300 + 60 * number : 380 + 60 * number] = 0.5
        return np.clip(moved, 0, 1.5)

    assert _error(estimate_pair(*pair(spoil))) < 0.003


@pytest.mark.slow
@pytest.mark.parametrize("pixels", [1, 2, 8])
def test_frames_that_moved_are_refused(pair: Callable[..., Any], pixels: int) -> None:
    with pytest.raises(MovedError, match="frames"):
        estimate_pair(*pair(lambda number, view: np.roll(view, number * pixels, axis=1)))


@pytest.mark.slow
@pytest.mark.parametrize(("shot", "read"), [(0.0, 3e-3), (3e-3, 6e-4)])
@pytest.mark.parametrize("pixels", [0, 2, 4])
def test_displacement_that_noise_hides_is_refused(
    pair: Callable[..., Any], shot: float, read: float, pixels: int
) -> None:
    """An underexposed scene under the strongest noise of the paper's regime, whose structure no block shows."""

    def change(number: int, view: Frame) -> Frame:
        moved = np.roll(view, number * pixels, axis=0)
        return 0.15 * cv2.GaussianBlur(moved, (0, 0), 3).astype(np.float64)

    frames = pair(change, shot=shot, read=read, bits=14, black=512.0)
    if pixels:
        with pytest.raises(MovedError, match="displaced"):
            estimate_pair(*frames)
    else:
        assert _error(estimate_pair(*frames), shot, read) < 0.02


@pytest.mark.slow
def test_other_scenes_and_other_light_are_refused(pair: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="frame"):
        estimate_pair(*pair(lambda number, view: view[:, ::-1] if number else view))
    with pytest.raises(ValueError, match="light changed by"):
        estimate_pair(*pair(lambda number, view: view * (1 - 0.3 * number)))
    first, _ = pair()
    with pytest.raises(ValueError, match="size or levels"):
        measure_pair(first, [replace(lattice, values=lattice.values[8:]) for lattice in first])


def test_row_and_column_noise_is_told_apart(sensor: Callable[..., Any]) -> None:
    simulated, rng = sensor(0.0, 1e-5), np.random.default_rng(4)
    span = simulated.white - simulated.black
    frames = []
    for _ in range(2):
        mosaic = simulated.expose(np.full((800, 1000, 3), 0.3), rng).astype(float)
        mosaic += 1e-3 * span * rng.standard_normal((800, 1)) + 5e-4 * span * rng.standard_normal((1, 1000))
        frames.append(simulated.lattices(np.rint(mosaic).astype(np.uint16)))
    measured = measure_pair(*frames)
    assert np.sqrt(measured.row_variance) == pytest.approx(1e-3, rel=0.05)
    assert np.sqrt(measured.column_variance) == pytest.approx(5e-4, rel=0.1)
    found = profile_of_pairs([measured], method="pairs")
    assert found.sigma(0.3) == pytest.approx(np.sqrt(1e-5), rel=0.004)
    assert found.quality == "unidentifiable"


def test_dark_pixels_keep_their_noise_beside_bright_ones() -> None:
    """The mean of a row holds the noise of its bright pixels, which must not come into its dark ones."""
    rng = np.random.default_rng(5)
    x = np.where(np.arange(400) < 40, 0.01, 0.9)[None, :].repeat(400, 0)
    frames = [Lattice(1000 * (x + np.sqrt(1e-2 * x) * rng.standard_normal(x.shape)), 1, 0, 1000, 0, -500) for _ in "ab"]
    white = without_axes(difference(*frames), Noise(1e-2, 1e-9), 0.0)
    dark = white.difference[:, :40]
    assert dark.var() / 2 + white.taken[:, :5].mean() == pytest.approx(1e-4, rel=0.03)


@pytest.mark.slow
def test_planes_of_different_gain_get_levels_of_their_own(scene: Frame, sensor: Callable[..., Any]) -> None:
    rng = np.random.default_rng(6)
    sensors = {0: sensor(2.06e-3, 1e-5), 1: sensor(2e-3, 1e-5), 2: sensor(2e-3, 1e-5), 3: sensor(1.94e-3, 1e-5)}
    frames: list[list[Lattice]] = []
    for _ in range(2):
        shots = {plane: one.lattices(one.expose(scene, rng)) for plane, one in sensors.items()}
        frames.append([shots[plane][plane] for plane in range(4)])
    found = estimate_pair(*frames)
    assert found.shot == pytest.approx((2.06e-3, 2e-3, 2e-3, 1.94e-3), rel=0.01)


def test_prnu_of_flats_is_found_under_vignetting_and_noise(sensor: Callable[..., Any]) -> None:
    rng = np.random.default_rng(7)
    simulated = sensor(1e-3, 1e-6)
    y, x = np.mgrid[-1:1:800j, -1:1:1000j]
    flat = (0.5 * (1 - 0.4 * (x**2 + y**2)) * (1 + 0.008 * rng.standard_normal(x.shape)))[..., None].repeat(3, 2)
    frames = [simulated.lattices(simulated.expose(flat, rng)) for _ in range(2)]
    assert prnu([(frames[0], frames[1])]) == pytest.approx(0.008, rel=0.03)
    even = np.full((800, 1000, 3), 0.5)
    frames = [simulated.lattices(simulated.expose(even, rng)) for _ in range(2)]
    assert prnu([(frames[0], frames[1])]) == pytest.approx(0, abs=0.001)
    assert prnu([]) is None


def test_darks_give_black_level_and_read_noise(sensor: Callable[..., Any]) -> None:
    rng = np.random.default_rng(9)
    simulated = sensor(1e-3, 4e-6, bits=14, black=500.0)
    dark = np.where(rng.random((600, 800, 1)) < 1e-3, rng.uniform(0, 0.5, (600, 800, 1)), 0).repeat(3, 2)
    frames = [simulated.lattices(simulated.expose(dark, rng)) for _ in range(2)]
    claimed = [[replace(lattice, black=512.0) for lattice in frame] for frame in frames]
    assert black_levels(claimed) == pytest.approx((500,) * 4, abs=0.5)
    found = profile_of_pairs([measure_pair(*claimed, scene=False)], method="darks")
    assert found.read == pytest.approx((4e-6,) * 4, rel=0.01)
    assert found.quality == "unidentifiable"


def test_a_wrong_black_level_is_told_in_dn_and_in_read_noise() -> None:
    assert black_level_warning((512.4, 512.4), (512.0, 512.0), (4.0, 4.0)) == ""
    words = black_level_warning((512.0, 509.0), (512.0, 512.0), (4.0, 4.0))
    assert "509.0 DN" in words
    assert "0.75 of the read noise" in words
