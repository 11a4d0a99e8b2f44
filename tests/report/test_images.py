"""Pictures are shown as they are."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from rcl_cli.report.kit.images import compare, jpeg_uri, png_uri


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)


def decoded(uri: str, kind: str) -> np.ndarray:
    prefix, _, data = uri.partition(",")
    assert prefix == f"data:image/{kind};base64"
    bgr = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return bgr[..., ::-1]


def test_pictures_are_inlined_without_loss() -> None:
    np.testing.assert_array_equal(decoded(png_uri(picture(3)), "png"), picture(3))


def test_whole_pictures_are_nearly_as_they_were() -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 64).astype(np.uint8)[:, None, None], (64, 64, 3))
    difference = decoded(jpeg_uri(ramp), "jpeg").astype(int) - ramp
    assert np.abs(difference).max() < 12


def test_only_pictures_of_one_size_are_compared() -> None:
    with pytest.raises(ValueError, match="one size"):
        compare(picture(1), picture(1)[:6], ("a", "b"), "c")
