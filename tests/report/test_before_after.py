"""What changed most is found, and shown as strong as it can be."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rcl_cli.errors import RclError
from rcl_cli.raw.frame import Metadata, RgbFrame
from rcl_cli.report.kit.before_after import before_after, residual
from rcl_cli.report.kit.crops import most_changed
from rcl_cli.report.kit.shown import Shown


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 120, np.uint8)


def test_the_windows_that_changed_most_come_first_and_do_not_overlap() -> None:
    before, after = grey(200, 300), grey(200, 300)
    for amount, (top, left) in {30: (150, 30), 60: (20, 230), 10: (90, 140)}.items():
        after[top : top + 20, left : left + 20] += np.uint8(amount)
    assert most_changed(before, after, 20, 3) == [(20, 230), (150, 30), (90, 140)]
    # There are no more places where anything changed.
    assert len(most_changed(before, after, 20, 9)) < 9


def test_against_every_window() -> None:
    rng = np.random.default_rng(1)
    before, after = rng.integers(0, 256, (2, 24, 31, 3), np.uint8)
    change = np.abs(before.astype(float) - after).mean(axis=2)
    windows = np.lib.stride_tricks.sliding_window_view(change, (7, 7)).mean(axis=(2, 3))
    assert most_changed(before, after, 7, 1) == [np.unravel_index(windows.argmax(), windows.shape)]


@pytest.mark.parametrize("side", [1, 50, 500])
def test_a_window_stays_inside_a_small_picture_and_equal_ones_have_one(side: int) -> None:
    found = most_changed(grey(30, 50), grey(30, 50), side, 4)
    assert found == [(0, 0)]


@pytest.mark.parametrize(("strength", "gain"), [(100, 1), (50, 2), (1, 32), (0, 1)])
def test_a_residual_is_as_strong_as_fits(strength: int, gain: int) -> None:
    before, after = grey(20, 20), grey(20, 20)
    before[:10] += np.uint8(strength)
    shown, found = residual(before, after)
    assert found == gain
    assert (shown[10:] == 128).all()
    assert (shown[:10] == min(255, 128 + gain * strength)).all()


def black(height: int, width: int) -> Shown:
    return Shown.of(RgbFrame(np.zeros((height, width, 3), np.float32)))


@pytest.mark.parametrize("size", [(60, 40), (20, 30), (60, 90), (40, 63), (80, 60), (44, 66)])
def test_pictures_of_other_shapes_are_not_laid_over_each_other(size: tuple[int, int]) -> None:
    height, width = size
    with pytest.raises(RclError, match=f"has {width}×{height} pixels, and a.png 60×40"):
        before_after("a.png", black(40, 60), black(*size), {})


@pytest.mark.parametrize(
    ("size", "larger"), [((40, 60), (80, 120)), ((40, 60), (39, 59)), ((31, 47), (60, 92)), ((400, 600), (397, 596))]
)
def test_what_rounding_and_a_raw_developer_cut_off_does_not_matter(
    size: tuple[int, int], larger: tuple[int, int]
) -> None:
    assert "<img" in before_after("a", black(*size), black(*larger), {})


@pytest.mark.parametrize("scale", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_an_enlarged_result_lies_on_its_picture(scale: int) -> None:
    """A ramp and the same ramp enlarged differ nowhere, so that the residual is grey throughout."""
    y, x = np.mgrid[0:300, 0:420] + 0.5
    ramp = np.stack([x / 420, y / 300, (x + y) / 720], axis=-1).astype(np.float32)
    y, x = (np.mgrid[0 : 300 * scale, 0 : 420 * scale] + 0.5) / scale
    large = np.stack([x / 420, y / 300, (x + y) / 720], axis=-1).astype(np.float32)
    metadata = Metadata(orientation=6)
    first, second = (Shown.of(RgbFrame(rgb, metadata=metadata)) for rgb in (ramp, large))
    pages = before_after("a", first, second, {}, parts=1)
    assert pages.count('class="pair') == 2
    gain = re.search(r"What changed, (\d+) times", pages)
    assert scale == 1 or (gain is not None and int(gain[1]) >= 16)


def test_the_part_shown_is_where_the_picture_changed() -> None:
    before = np.full((600, 900, 3), 0.2, np.float32)
    after = before.copy()
    after[400:420, 700:730] = 0.5
    page = before_after("a", Shown.of(RgbFrame(before)), Shown.of(RgbFrame(after)), {}, parts=1)
    place = re.search(r"At column (\d+), row (\d+)", page)
    assert place is not None
    column, row = int(place[1]), int(place[2])
    assert column <= 700
    assert column + 240 >= 730
    assert row <= 400
    assert row + 240 >= 420


def test_a_result_is_shown_with_the_colors_of_its_raw() -> None:
    rgb = np.random.default_rng(4).uniform(0.1, 0.9, (60, 80, 3)).astype(np.float32)
    told = Metadata(white_balance=(2.0, 1.0, 1.5), xyz_to_camera=np.eye(3) + 0.1)
    first = Shown.of(RgbFrame(rgb, camera_rgb=True, metadata=told))
    second = Shown.of(RgbFrame(rgb, camera_rgb=True, metadata=Metadata(white_balance=(1.0, 1.0, 1.0))))
    assert (second.part(0, 0, 60, 80) != first.part(0, 0, 60, 80)).any()
    np.testing.assert_array_equal(second.colored_like(first).part(0, 0, 60, 80), first.part(0, 0, 60, 80))
    # A developed result has its colours already.
    developed = Shown.of(RgbFrame(rgb))
    assert developed.colored_like(first) is developed
