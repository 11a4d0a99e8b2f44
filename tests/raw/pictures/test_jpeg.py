"""JPEGs: inks, grey, progressive ones; which damage is forgiven and which is named."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from rcl_cli.errors import FileError
from rcl_cli.raw.pictures.decoded import Decoded
from rcl_cli.raw.pictures.icc import read_profile
from rcl_cli.raw.pictures.jpeg import decode_jpeg
from rcl_cli.raw.pictures.tone import Power
from rcl_cli.raw.read import read_frame

NOISE = np.random.default_rng(0).uniform(0, 255, (240, 352, 3)).astype(np.float32)
SMOOTH = cv2.normalize(cv2.GaussianBlur(NOISE, (0, 0), 2), np.empty(0), 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def jpeg(mode: str = "RGB", **options: Any) -> bytes:
    stream = BytesIO()
    Image.fromarray(SMOOTH).convert(mode).save(stream, "JPEG", quality=90, **options)
    return stream.getvalue()


def decoded(folder: Path, data: bytes) -> Decoded:
    (folder / "a.jpg").write_bytes(data)
    return decode_jpeg(folder / "a.jpg")


def by_pillow(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(BytesIO(data)))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_values_are_those_that_pillow_reads(mode: str, progressive: bool, subsampling: int, tmp_path: Path) -> None:
    data = jpeg(mode, progressive=progressive, subsampling=subsampling)
    assert np.abs(decoded(tmp_path, data).values.squeeze().astype(int) - by_pillow(data)).max() <= 3


def test_inks_become_colours(tmp_path: Path) -> None:
    data = jpeg("CMYK")
    assert b"Adobe" in data  # stored as the paper that is left
    assert np.abs(decoded(tmp_path, data).values.astype(int) - SMOOTH).mean() < 3
    plain = data.replace(b"Adobe", b"Nobody"[:5])
    inverted = np.asarray(Image.open(BytesIO(plain)))  # Pillow always takes it for Adobe's
    cyan, black = (inverted[..., plane].astype(float) for plane in (0, 3))
    assert decoded(tmp_path, plain).values[..., 0] == pytest.approx(cyan * black / 255, abs=2)


def test_resolution_and_profile_are_told(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    large = profile + bytes(150_000)  # in three segments
    found = decoded(tmp_path, jpeg(dpi=(300, 240), icc_profile=large))
    assert found.resolution == (300, 240)
    assert found.profile == large


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("index", "space", "adobe"), [("R03", 65535, True), ("R98", 1, False), ("R98", 2, True)])
def test_a_camera_may_name_adobe_rgb_in_its_exif(
    index: str, space: int, adobe: bool, order: str, tmp_path: Path
) -> None:
    def ifd(*entries: tuple[int, int, int, bytes]) -> bytes:
        rows = [struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries]
        return struct.pack(order + "H", len(rows)) + b"".join(rows) + bytes(4)

    def long(value: int) -> bytes:
        return struct.pack(order + "I", value)

    word = struct.pack(order + "HH", space, 0)
    block = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    block += ifd((0x8769, 4, 1, long(26))) + ifd((0xA001, 3, 1, word), (0xA005, 4, 1, long(56)))
    block += ifd((1, 2, 4, index.encode() + b"\0"))
    profile = decoded(tmp_path, jpeg(exif=b"Exif\0\0" + block)).profile
    assert (read_profile(profile).curves == (Power(2.199),)) == adobe
    assert bool(profile) == adobe


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("lost", [1, 2, 10, 100, 0.01])
def test_a_file_that_lacks_its_last_bytes_is_read(mode: str, lost: float, options: Any, tmp_path: Path) -> None:
    data = jpeg(mode, **options)
    whole = decoded(tmp_path, data).values.astype(int)
    cut = decoded(tmp_path, data[: -int(lost if lost >= 1 else lost * len(data))]).values
    assert cut.shape == whole.shape
    wrong = (np.abs(cut - whole) > 40).mean()
    assert wrong < (1e-6 if lost in (1, 2) else 0.05)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.85])
def test_a_file_that_lacks_more_is_refused(kept: float, options: Any, tmp_path: Path) -> None:
    data = jpeg(**options)
    with pytest.raises(FileError, match="cut short"):
        decoded(tmp_path, data[: int(kept * len(data))])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("damage", ["zeros", "noise", "removed"])
@pytest.mark.parametrize("place", [0.3, 0.5, 0.9])
def test_a_file_that_is_damaged_inside_is_refused(damage: str, place: float, options: Any, tmp_path: Path) -> None:
    data, size = jpeg(**options), 2048
    at = int(place * len(data))
    put = {"zeros": bytes(size), "noise": np.random.default_rng(1).bytes(size), "removed": b""}[damage]
    (tmp_path / "a.jpg").write_bytes(data[:at] + put + data[at + size :])
    with pytest.raises(FileError, match="damaged"):
        read_frame(tmp_path / "a.jpg")


def test_a_few_zeros_are_found_where_decoders_go_on(tmp_path: Path) -> None:
    data = jpeg()
    at = len(data) // 2
    with pytest.raises(FileError, match="damaged"):
        decoded(tmp_path, data[:at] + bytes(64) + data[at + 64 :])


@pytest.mark.parametrize(
    "end", [b"\xff\xd9" + b"more" * 100, b"\0" * 300 + b"\xff\xd9", b"ab\xff\xd9", b"\xff\xd9\xff"]
)
def test_what_cameras_leave_at_the_end_does_no_harm(end: bytes, tmp_path: Path) -> None:
    data = jpeg()
    assert np.array_equal(decoded(tmp_path, data[:-2] + end).values, decoded(tmp_path, data).values)


def test_a_flat_picture_with_its_own_tables_is_mostly_zeros_and_whole(tmp_path: Path) -> None:
    stream = BytesIO()
    Image.fromarray(np.full((1024, 1024), 128, np.uint8)).save(stream, "JPEG", optimize=True)
    assert bytes(64) in stream.getvalue()
    assert (decoded(tmp_path, stream.getvalue()).values == 128).all()
