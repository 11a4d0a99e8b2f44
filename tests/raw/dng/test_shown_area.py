"""Default crops and pixels that are not square: kept in DNGs, carried out in pictures for the screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import rawpy
import tifffile

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.develop import develop, preview
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write_picture

from .dng_files import Tag, fractions, numbers, write_dng_file

MOSAIC = np.random.default_rng(0).integers(300, 4000, (60, 80)).astype(np.uint16)
ORIGIN, SIZE, SCALE, ACTIVE, WHITE = 50719, 50720, 50718, 50829, numbers(50717, 4095)


def read_with(path: Path, *tags: Tag) -> RawFrame:
    write_dng_file(path, MOSAIC, WHITE, *tags, cfa=CFA.bayer("GBRG"))
    frame = read_frame(path)
    assert isinstance(frame, RawFrame)
    return frame


def picture_of(frame: RawFrame) -> Picture:
    return Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa)


@pytest.mark.parametrize(
    ("tags", "crop"),
    [
        ([], None),
        ([numbers(ORIGIN, 8, 6), numbers(SIZE, 64, 40)], (6, 8, 40, 64)),
        ([fractions(ORIGIN, 8.5, 6.25), fractions(SIZE, 64, 40)], (6.25, 8.5, 40, 64)),
        ([numbers(ACTIVE, 1, 3, 59, 77), numbers(ORIGIN, 2, 1), numbers(SIZE, 72, 57)], (1, 2, 57, 72)),
        ([numbers(ORIGIN, 0, 0), numbers(SIZE, 80, 60)], None),
        ([numbers(ORIGIN, 20, 0), numbers(SIZE, 80, 60)], None),
        ([numbers(SIZE, 80, 0)], None),
    ],
)
def test_the_default_crop_counts_from_the_active_area(
    tags: list[Tag], crop: tuple[float, ...] | None, tmp_path: Path
) -> None:
    assert read_with(tmp_path / "a.dng", *tags).metadata.default_crop == crop


def test_a_crop_is_carried_out_in_pictures_and_kept_in_dngs(tmp_path: Path) -> None:
    frame = read_with(tmp_path / "a.dng", numbers(ORIGIN, 8, 6), numbers(SIZE, 64, 40))
    picture, whole = picture_of(frame), replace(picture_of(frame), metadata=Metadata())
    assert np.array_equal(develop(picture), develop(whole)[6:46, 8:72])
    assert preview(picture, 16).shape == (10, 16, 3)
    write_picture(tmp_path / "b.dng", picture)
    assert read_frame(tmp_path / "b.dng").metadata.default_crop == (6, 8, 40, 64)
    with rawpy.imread(str(tmp_path / "b.dng")) as raw:
        sizes = raw.sizes
        crop = (sizes.crop_top_margin, sizes.crop_left_margin, sizes.crop_height, sizes.crop_width)
        assert (crop, raw.raw_image_visible.shape) == ((6, 8, 40, 64), (60, 80))
    write_picture(tmp_path / "b.tif", picture)
    assert tifffile.imread(tmp_path / "b.tif").shape == (40, 64, 3)


def test_a_crop_grows_with_the_picture(tmp_path: Path) -> None:
    frame = read_with(tmp_path / "a.dng", numbers(ORIGIN, 8, 6), numbers(SIZE, 64, 40))
    rgb = np.random.default_rng(1).uniform(0, 1, (120, 160, 3)).astype(np.float32)
    picture = Picture.from_frame(frame, rgb, scale=2)
    assert develop(picture).shape == (80, 128, 3)
    write_picture(tmp_path / "b.dng", picture)
    assert read_frame(tmp_path / "b.dng").metadata.default_crop == (12, 16, 80, 128)


def test_a_part_of_a_picture_has_no_crop_of_the_whole(tmp_path: Path) -> None:
    frame = read_with(tmp_path / "a.dng", numbers(ORIGIN, 8, 6), numbers(SIZE, 64, 40))
    part = Picture.from_frame(frame, np.zeros((30, 40, 3), np.float32))
    assert part.metadata.default_crop is None
    assert develop(part).shape == (30, 40, 3)


@pytest.mark.parametrize(
    ("scale", "aspect", "shape"),
    [((1, 1), 1, (60, 80)), ((2, 1), 2, (60, 160)), ((1, 2), 0.5, (120, 80)), ((1.5, 1.2), 1.25, (60, 100))],
)
def test_pixels_that_are_not_square_are_made_so(
    scale: tuple[float, float], aspect: float, shape: tuple[int, int], tmp_path: Path
) -> None:
    frame = read_with(tmp_path / "a.dng", fractions(SCALE, *scale))
    assert frame.metadata.pixel_aspect == pytest.approx(aspect)
    picture = picture_of(frame)
    assert develop(picture).shape == (*shape, 3)
    small = preview(picture, 20)
    assert small.shape[1] / small.shape[0] == pytest.approx(shape[1] / shape[0], rel=0.1)
    write_picture(tmp_path / "b.dng", picture)
    assert read_frame(tmp_path / "b.dng").metadata.pixel_aspect == pytest.approx(aspect)
    with rawpy.imread(str(tmp_path / "b.dng")) as raw:
        assert raw.sizes.pixel_aspect == pytest.approx(aspect)
        assert raw.postprocess(user_flip=0).shape == (*shape, 3)


@pytest.mark.parametrize("demosaicked", [True, False])
@pytest.mark.parametrize("scale", [(1, 1.2), (848 / 976, 1), (1, 1)])
def test_a_crop_is_written_in_whole_pixels_inside_what_is_asked_for(
    scale: tuple[float, float], demosaicked: bool, tmp_path: Path
) -> None:
    crop = fractions(ORIGIN, 4.5, 3), fractions(SIZE, 64.25, 41)
    frame = read_with(tmp_path / "a.dng", fractions(SCALE, *scale), *crop)
    made = Picture.from_frame(frame, np.full((60, 80, 3), 0.5, np.float32)) if demosaicked else picture_of(frame)
    write_picture(tmp_path / "b.dng", made)
    with tifffile.TiffFile(tmp_path / "b.dng") as file:
        tags = file.pages[0].pages[0].tags if file.pages[0].pages else file.pages[0].tags  # type: ignore[union-attr]
        left, top = tags[ORIGIN].value
        width, height = tags[SIZE].value
        rows, columns = tags["ImageLength"].value, tags["ImageWidth"].value
    assert all(isinstance(value, int) for value in (left, top, width, height))
    down, across = rows / frame.size[0], columns / frame.size[1]
    assert 0 <= top - 3 * down < 1
    assert 0 <= left - 4.5 * across < 1
    assert 0 <= 44 * down - (top + height) < 1
    assert 0 <= 68.75 * across - (left + width) < 1


@pytest.mark.parametrize("scale", [(0, 1), (1, 0), (9, 1)])
def test_scales_that_no_sensor_has_are_left_alone(scale: tuple[float, float], tmp_path: Path) -> None:
    tag = (SCALE, "2I", 2, (scale[0], 1, scale[1], 1), True)
    assert read_with(tmp_path / "a.dng", tag).metadata.pixel_aspect == 1


def test_a_circle_on_oblong_pixels_is_a_circle_turned_or_not() -> None:
    y, x = np.mgrid[:60, :40]
    disc = (((x - 20) * 1.5) ** 2 + (y - 30) ** 2 < 20**2).astype(np.float32)
    for orientation in (1, 6):
        metadata = Metadata(pixel_aspect=1.5, orientation=orientation)
        shown = develop(Picture(np.repeat(disc[..., None], 3, axis=2), camera_rgb=True, metadata=metadata))
        _, _, width, height = cv2.boundingRect((shown[..., 1] > 0.5).astype(np.uint8))
        assert shown.shape == (60, 60, 3)
        assert abs(width - height) <= 1


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["kodak-dc120_P003908.KDC", "kodak-dc120_P003911.KDC"])
def test_the_dc120_comes_out_as_wide_as_it_saw(realdata: Path, name: str, tmp_path: Path) -> None:
    """Its 848 × 976 pixels cover a picture of 4 : 3, as LibRaw knows."""
    frame = read_frame(realdata / "raw/bayer" / name)
    assert isinstance(frame, RawFrame)
    height, width, _ = develop(picture_of(frame)).shape
    assert (height, width) == (976, 1301)
    write_picture(tmp_path / "b.dng", picture_of(frame))
    with rawpy.imread(str(tmp_path / "b.dng")) as raw:
        assert raw.postprocess().shape == (976, 1301, 3)
