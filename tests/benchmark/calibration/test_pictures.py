"""Clean pictures: repeatable, reduced by area, tiled from small photographs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_benchmark.calibration.pictures import Kept, Scenes, photographs, reduced
from rcl_cli.errors import RclError


def test_scenes_differ_by_index_and_seed() -> None:
    scenes = Scenes(64, 0)
    assert np.array_equal(scenes.get(1), scenes.get(1))
    assert all(64 <= side <= 72 for side in scenes.get(1).shape[:2])
    assert not np.array_equal(scenes.get(1)[:64, :64], scenes.get(2)[:64, :64])
    assert not np.array_equal(scenes.get(1)[:64, :64], Scenes(64, 1).get(1)[:64, :64])


def test_reducing_takes_means() -> None:
    picture = np.random.default_rng(0).random((10, 8, 3), np.float32)
    small = reduced(picture, 3)
    assert small.shape == (3, 2, 3)
    assert small[1, 1] == pytest.approx(picture[3:6, 3:6].mean(axis=(0, 1)), rel=1e-5)


def test_photographs_fill_the_wall_with_linear_light(tmp_path: Path) -> None:
    for i, (height, width) in enumerate([(60, 90), (96, 63), (75, 75)]):
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.full((height, width, 3), 128, np.uint8))
    source = photographs([tmp_path], 100, 0)
    wall = source.get(0)
    assert wall.shape == (100, 100, 3)
    # 128 of 255 in linear light, by the sRGB curve.
    assert wall == pytest.approx(((128 / 255 + 0.055) / 1.055) ** 2.4, rel=1e-4)
    assert "3 photographs" in source.describe()


def test_a_folder_without_photographs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RclError, match="no raws or pictures"):
        photographs([tmp_path], 100, 0)


def test_kept_pictures_are_the_same_but_for_rounding(tmp_path: Path) -> None:
    scenes = Scenes(64, 0)
    kept = Kept(scenes, tmp_path)
    assert kept.get(5) == pytest.approx(scenes.get(5), abs=0.6 / 65535)
    assert [path.name for path in tmp_path.iterdir()] == ["0005.png"]
    assert kept.get(5) == pytest.approx(scenes.get(5), abs=0.6 / 65535)
