"""A part at full size is what developing the whole picture gives there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.develop import develop
from rcl_cli.raw.frame import Metadata, RawFrame, RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.report.kit.shown import Shown

MATRIX = np.array([[0.9, -0.2, -0.1], [-0.4, 1.2, 0.2], [-0.1, 0.2, 0.6]])
METADATA = Metadata(white_balance=(2.0, 1.0, 1.5), xyz_to_camera=MATRIX)


def raw(cfa: CFA, metadata: Metadata) -> RawFrame:
    mosaic = np.random.default_rng(1).integers(64, 1023, (47, 61)).astype(np.uint16)
    return RawFrame(mosaic, cfa, (64.0,) * 4, 1023.0, metadata)


def whole(shown: Shown) -> np.ndarray:
    return np.rint(develop(shown.picture) * 255).astype(np.uint8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("crop", [None, (3.0, 5.0, 38.0, 49.0)])
@pytest.mark.parametrize("cfa", [CFA.bayer("GBRG"), CFA.named("xtrans")], ids=["bayer", "xtrans"])
def test_a_part_of_a_mosaic(orientation: int, crop: tuple[float, ...] | None, cfa: CFA) -> None:
    metadata = replace(METADATA, orientation=orientation, default_crop=crop)  # type: ignore[arg-type]
    shown = Shown.of(raw(cfa, metadata))
    expected = whole(shown)
    assert shown.size == expected.shape[:2]
    height, width = shown.size
    for top, left, h, w in (
        (0, 0, height, width),
        (4, 7, 11, 13),
        (height - 9, width - 6, 9, 6),
        (height - 1, 0, 1, 1),
    ):
        np.testing.assert_array_equal(shown.part(top, left, h, w), expected[top : top + h, left : left + w])


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("scale", [1, 2])
def test_a_part_of_a_result_in_colour(orientation: int, scale: int) -> None:
    metadata = replace(METADATA, orientation=orientation, default_crop=(2.0, 4.0, 40.0, 50.0))
    frame = raw(CFA.bayer("RGGB"), metadata)
    pixels = np.random.default_rng(2).random((47 * scale, 61 * scale, 3)).astype(np.float32)
    shown = Shown(Picture.from_frame(frame, pixels, scale=scale))
    expected = whole(shown)
    assert shown.size == expected.shape[:2]
    np.testing.assert_array_equal(shown.part(5, 6, 20, 30), expected[5:25, 6:36])


@pytest.mark.parametrize("aspect", [2.0, 0.5])
@pytest.mark.parametrize("orientation", [1, 8])
def test_pixels_that_are_not_square(aspect: float, orientation: int) -> None:
    smooth = np.linspace(0, 1, 40 * 60 * 3, dtype=np.float32).reshape(40, 60, 3)
    shown = Shown.of(RgbFrame(smooth, metadata=Metadata(pixel_aspect=aspect, orientation=orientation)))
    expected = whole(shown)
    assert shown.size == expected.shape[:2]
    part, same = shown.part(10, 12, 20, 16).astype(int), expected[10:30, 12:28].astype(int)
    assert np.abs(part - same)[2:-2, 2:-2].max() <= 4


def test_the_small_version_is_the_whole_reduced() -> None:
    shown = Shown.of(RgbFrame(np.full((40, 60, 3), 0.5, np.float32), metadata=Metadata(orientation=6)))
    small = shown.small(30)
    assert small.shape == (30, 20, 3)
    assert np.ptp(small) == 0
