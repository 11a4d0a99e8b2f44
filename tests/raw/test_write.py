"""Results out: what each format holds, read back by other libraries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import exifread
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.develop import develop
from rcl_cli.raw.frame import Metadata, RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.record import Record
from rcl_cli.raw.write import SUFFIXES, write_picture

from .conftest import MakeFrame

RECORD = Record("denoise", "mine", "0123456789ab")
RGB = np.random.default_rng(0).uniform(0, 1, (24, 30, 3)).astype(np.float32)
NOISY = np.random.default_rng(1).normal(0, 1, (24, 30, 3)).astype(np.float32)


def imread(path: Path) -> NDArray[Any]:
    """As stored: BGR, of the file's depth."""
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    assert found is not None
    return found


def blurred(rgb: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return cv2.GaussianBlur(rgb, (0, 0), sigma).astype(np.float32)


@pytest.mark.parametrize("suffix", [".npy", ".exr"])
@pytest.mark.parametrize("mosaic", [True, False])
def test_float_files_hold_exactly_the_linear_result(
    suffix: str, mosaic: bool, make_frame: MakeFrame, tmp_path: Path
) -> None:
    frame = make_frame(CFA.bayer("GRBG"))
    pixels = np.ascontiguousarray(NOISY[..., 0]) if mosaic else NOISY
    path = tmp_path / f"result{suffix}"
    write_picture(path, Picture.from_frame(frame, pixels, cfa=frame.cfa if mosaic else None))
    if suffix == ".npy":
        assert np.array_equal(np.load(path), pixels)
        return
    read = read_frame(path)
    assert isinstance(read, RgbFrame)
    assert (read.transfer, read.bits) == ("linear", 32)
    assert np.array_equal(read.rgb, np.repeat(pixels[..., None], 3, axis=2) if mosaic else pixels)


@pytest.mark.parametrize(("suffix", "bits"), [(".png", 8), (".png", 16), (".tif", 8), (".tif", 16), (".tif", 32)])
@pytest.mark.parametrize("linear", [False, True])
def test_rgb_files_go_through_unchanged(suffix: str, bits: int, linear: bool, tmp_path: Path) -> None:
    source, result = tmp_path / f"source{suffix}", tmp_path / f"result{suffix}"
    values = NOISY if bits == 32 else (RGB * (2**bits - 1)).astype(f"uint{bits}")
    if suffix == ".tif":
        tifffile.imwrite(source, values, photometric="rgb")
    else:
        cv2.imwrite(str(source), values[..., ::-1])
    frame = read_frame(source, linear=linear)
    assert isinstance(frame, RgbFrame)
    write_picture(result, Picture.from_frame(frame, frame.rgb))
    written = tifffile.imread(result) if suffix == ".tif" else cv2.cvtColor(imread(result), cv2.COLOR_BGR2RGB)
    assert written.dtype == values.dtype
    assert np.array_equal(written, values)


@pytest.mark.parametrize(("suffix", "bits"), [(".png", 16), (".tif", 16), (".jpg", 8)])
def test_a_raw_is_developed_and_turned_upright(suffix: str, bits: int, make_frame: MakeFrame, tmp_path: Path) -> None:
    frame, path = make_frame(CFA.bayer("RGGB")), tmp_path / f"result{suffix}"
    smooth = blurred(np.random.default_rng(2).uniform(0, 1, (51, 63, 3)).astype(np.float32), 8)
    picture = Picture.from_frame(frame, smooth)
    write_picture(path, picture)
    written = imread(path)
    assert written.shape == (63, 51, 3)
    assert written.dtype == (np.uint8 if bits == 8 else np.uint16)
    tolerance = 0.02 if suffix == ".jpg" else 1e-4
    assert written[..., ::-1] / (2**bits - 1) == pytest.approx(develop(picture), abs=tolerance)
    assert read_frame(path).metadata.orientation == 1


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".dng"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_rgb_picture_keeps_its_rows_and_its_orientation_tag(suffix: str, orientation: int, tmp_path: Path) -> None:
    frame = RgbFrame(RGB, metadata=Metadata(orientation=orientation))
    path = tmp_path / f"result{suffix}"
    write_picture(path, Picture.from_frame(frame, frame.rgb))
    read = read_frame(path)
    assert isinstance(read, RgbFrame)
    assert read.rgb.shape == RGB.shape
    assert read.metadata.orientation == orientation


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_the_shot_is_in_the_exif(suffix: str, make_frame: MakeFrame, tmp_path: Path) -> None:
    frame, path = make_frame(CFA.bayer("RGGB")), tmp_path / f"result{suffix}"
    write_picture(path, Picture.from_frame(frame, RGB, record=RECORD))
    with path.open("rb") as file:
        tags = exifread.process_file(file)
    assert str(tags["Image Model"]) == "Tester One"
    assert str(tags["Image ImageDescription"]) == RECORD.words
    assert str(tags["Image Software"]).startswith("rcl ")
    assert str(tags["EXIF ExposureTime"]) == "1/250"
    assert str(tags["EXIF ISOSpeedRatings"]) == "800"


def test_an_srgb_picture_as_dng_shows_its_own_colours(tmp_path: Path) -> None:
    smooth = blurred(RGB, 3)
    write_picture(tmp_path / "result.dng", Picture.from_frame(RgbFrame(smooth), smooth))
    read = read_frame(tmp_path / "result.dng")
    assert isinstance(read, RgbFrame)
    shown = develop(Picture.from_frame(read, read.rgb))
    assert shown == pytest.approx(develop(Picture.from_frame(RgbFrame(smooth), smooth)), abs=2e-3)


def test_every_format_has_a_writer_and_either_spelling_works(make_frame: MakeFrame, tmp_path: Path) -> None:
    picture = Picture.from_frame(make_frame(CFA.bayer("RGGB")), RGB)
    for suffix in (*SUFFIXES, ".PNG"):
        write_picture(tmp_path / f"result-{suffix[1:]}{suffix}", picture)
    with pytest.raises(FileError, match="suffix"):
        write_picture(tmp_path / "result.gif", picture)


def test_existing_files_are_kept_unless_told(make_frame: MakeFrame, tmp_path: Path) -> None:
    picture = Picture.from_frame(make_frame(CFA.bayer("RGGB")), RGB)
    write_picture(tmp_path / "result.png", picture)
    before = (tmp_path / "result.png").read_bytes()
    with pytest.raises(FileError, match="exists"):
        write_picture(tmp_path / "result.png", replace(picture, pixels=1 - RGB))
    assert (tmp_path / "result.png").read_bytes() == before
    write_picture(tmp_path / "result.png", replace(picture, pixels=1 - RGB), overwrite=True)
    assert (tmp_path / "result.png").read_bytes() != before
