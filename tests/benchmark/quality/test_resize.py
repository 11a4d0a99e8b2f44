"""Reduction and luma, against Pillow and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_benchmark.quality.pictures import Float
from rcl_benchmark.quality.resize import as_stored, half_area, half_bicubic, luma

from ...needs import PILLOW


@PILLOW
def test_bicubic_reduction_is_that_of_pillow_away_from_the_border(v: Float) -> None:
    from PIL import Image as image

    height, width, _ = v.shape
    planes = [
        np.asarray(image.fromarray(np.ascontiguousarray(v[..., i])).resize((width // 2, height // 2), 3))
        for i in range(3)
    ]
    # Pillow's BICUBIC, number 3, has a = −0.5 and is stretched too; only beyond the border it does otherwise.
    inner = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(half_bicubic(v)[inner], np.stack(planes, -1)[inner], atol=1e-6)


@pytest.mark.parametrize("half", [half_bicubic, half_area])
def test_a_constant_stays_and_a_ramp_keeps_its_slope(half) -> None:
    assert half(np.full((8, 12, 3), 0.3, np.float32)) == pytest.approx(0.3)
    ramp = np.broadcast_to(np.arange(32, dtype=np.float32)[:, None, None], (32, 8, 3))
    # Pixel i of the small picture lies between pixels 2i and 2i + 1 of the large one.
    expected = 2 * np.arange(16) + 0.5
    np.testing.assert_allclose(half(ramp)[2:-2, 0, 0], expected[2:-2], rtol=1e-5)


def test_a_line_on_one_pixel_has_the_weights_of_the_cubic_kernel() -> None:
    x = np.zeros((16, 8, 3), np.float32)
    x[8] = 1
    # Keys' kernel at 1/4, 3/4, 5/4 and 7/4, halved: their sum over both sides is 1.
    at = {0.25: 0.8671875, 0.75: 0.2265625, 1.25: -0.0703125, 1.75: -0.0234375}
    expected = [at[distance] / 2 for distance in (1.75, 0.75, 0.25, 1.25)]
    np.testing.assert_allclose(half_bicubic(x)[2:6, 0, 0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("rgb", "y"), [((0, 0, 0), 16), ((1, 1, 1), 235), ((1, 0, 0), 81.481), ((0, 1, 0), 144.553), ((0, 0, 1), 40.966)]
)
def test_luma_is_that_of_bt_601_in_studio_range(rgb: tuple[int, int, int], y: float) -> None:
    assert luma(np.array([[rgb]], np.float32))[0, 0] * 255 == pytest.approx(y, abs=1e-3)


def test_what_is_stored_has_whole_steps_from_0_to_1() -> None:
    stored = as_stored(np.array([[[-0.1, 0.5, 1.2]]], np.float32))
    np.testing.assert_allclose(stored[0, 0] * 255, [0, 128, 255], atol=1e-4)
