"""RGB pictures in: transfer, depth, grey, transparency, orientation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.read import read_frame

VALUES = np.random.default_rng(0).integers(0, 256, (8, 10, 3)).astype(np.uint8)


def read(path: Path, **options: bool) -> RgbFrame:
    frame = read_frame(path, **options)
    assert isinstance(frame, RgbFrame)
    assert frame.rgb.dtype == np.float32
    assert not frame.camera_rgb
    return frame


def linear_light(encoded: NDArray[Any]) -> NDArray[np.float64]:
    """IEC 61966-2-1, value by value."""
    return np.vectorize(lambda v: v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4)(encoded)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
def test_files_are_decoded_by_the_srgb_curve(tmp_path: Path, suffix: str, bits: int) -> None:
    values = VALUES if bits == 8 else VALUES.astype(np.uint16) * 256 + 7
    path = tmp_path / f"file{suffix}"
    cv2.imwrite(str(path), values[..., ::-1])
    frame = read(path)
    assert (frame.transfer, frame.bits) == ("srgb", bits)
    assert frame.rgb == pytest.approx(linear_light(values / (2**bits - 1)), abs=1e-6)


def test_linear_keeps_the_values(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "file.png"), VALUES[..., ::-1])
    frame = read(tmp_path / "file.png", linear=True)
    assert frame.transfer == "linear"
    assert frame.rgb == pytest.approx(VALUES / 255)


def test_floating_point_tiffs_are_linear_and_not_clipped(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(0.5, 1, (8, 10, 3)).astype(np.float32)
    tifffile.imwrite(tmp_path / "file.tif", values, photometric="rgb")
    frame = read(tmp_path / "file.tif")
    assert (frame.transfer, frame.bits) == ("linear", 32)
    assert np.array_equal(frame.rgb, values)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_both_orders_of_tiff_planes(tmp_path: Path, planar: str) -> None:
    stored = VALUES if planar == "contig" else np.moveaxis(VALUES, -1, 0)
    tifffile.imwrite(tmp_path / "file.tif", stored, photometric="rgb", planarconfig=planar, compression="zlib")
    assert read(tmp_path / "file.tif", linear=True).rgb == pytest.approx(VALUES / 255)


def test_grey_becomes_three_equal_planes(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "file.png"), VALUES[..., 0])
    frame = read(tmp_path / "file.png", linear=True)
    assert frame.rgb == pytest.approx(np.repeat(VALUES[..., :1], 3, axis=2) / 255)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_transparency_is_dropped(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    cv2.imwrite(str(path), np.concatenate([VALUES[..., ::-1], VALUES[..., :1]], axis=-1))
    assert read(path, linear=True).rgb == pytest.approx(VALUES / 255)


def test_white_is_zero_in_some_tiffs(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "file.tif", 255 - VALUES[..., 0], photometric="miniswhite")
    assert read(tmp_path / "file.tif", linear=True).rgb[..., 0] == pytest.approx(VALUES[..., 0] / 255)


@pytest.mark.parametrize("share", [0.2, 0.7])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_cut_file_is_refused_in_one_sentence(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"file{suffix}"
    cv2.imwrite(str(path), np.kron(VALUES, np.ones((9, 9, 1), np.uint8)))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(FileError, match=r"cut short.*; copy it from the card again"):
        read_frame(path)


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "file.tif", np.full((4, 4, 3), np.nan, np.float32), photometric="rgb")
    with pytest.raises(FileError, match="NaN"):
        read_frame(tmp_path / "file.tif")


def test_whole_numbers_of_32_bits_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "file.tif", np.zeros((4, 4, 3), np.uint32), photometric="rgb")
    with pytest.raises(FileError, match="uint32"):
        read_frame(tmp_path / "file.tif")


@pytest.mark.realdata
def test_real_pictures(realdata: Path) -> None:
    kodak = read(realdata / "rgb/test/kodak/kodim01.png")
    assert (kodak.rgb.shape, kodak.bits, kodak.transfer) == ((512, 768, 3), 8, "srgb")
    bsds = read(next((realdata / "rgb/train/bsds500").iterdir()))
    assert sorted(bsds.rgb.shape) == [3, 321, 481]
