from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from rcl_benchmark.tables.camera import LitPictures, MosaicReader, sensor_light
from rcl_cli.data.clean_pairs import BLUE_GAINS, DARKEST, RED_GAINS
from rcl_cli.domain import Domain

LINEAR = {255: 1.0, 188: 0.5029}
"""sRGB's curve at two 8-bit values, by IEC 61966-2-1."""


@pytest.fixture
def white(tmp_path: Path) -> Path:
    path = tmp_path / "white.png"
    picture = np.full((14, 20, 3), 255, np.uint8)
    picture[:, 10:] = 188
    cv2.imwrite(str(path), picture)
    return path


@pytest.mark.slow
def test_a_sensor_sees_white_in_less_light_with_weak_red_and_blue(white: Path) -> None:
    light = sensor_light(white, 8)
    red, green, blue = (float(light[c, 0, 0]) for c in range(3))
    assert DARKEST <= green <= 1
    assert 1 / RED_GAINS[1] <= red / green <= 1
    assert 1 / BLUE_GAINS[1] <= blue / green <= 1
    torch.testing.assert_close(light[:, 0, 10] / light[:, 0, 0], torch.full((3,), LINEAR[188]), atol=1e-3, rtol=0)


def test_light_follows_from_the_name_of_the_file(white: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(white.read_bytes())
    assert torch.equal(sensor_light(white, 8), sensor_light(white, 8))
    assert not torch.allclose(sensor_light(white, 8), sensor_light(other, 8))


def test_the_raw_is_the_light_behind_the_filters(white: Path) -> None:
    frame = MosaicReader(Domain.BAYER)(white)
    light = sensor_light(white, 8).numpy()
    values = frame.normalized()
    assert values.shape == (12, 18)
    for (row, column), colour in np.ndenumerate(np.array([[0, 1], [1, 2]])):  # RGGB
        expected = light[colour, row:12:2, column:18:2]
        np.testing.assert_allclose(values[row::2, column::2], expected, atol=0.5 / 32768 + 1e-6)


@pytest.mark.slow
def test_pictures_of_the_protocol_are_in_the_same_light(white: Path) -> None:
    # Kept in float16: 11 significant bits.
    torch.testing.assert_close(LitPictures([white], 8).get(0), sensor_light(white, 8), atol=0, rtol=2**-11)
