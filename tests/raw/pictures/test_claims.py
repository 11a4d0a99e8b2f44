"""Headers that claim more than their file, or any memory, can hold are refused before a pixel is decoded."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Any

import imagecodecs
import numpy as np
import OpenEXR
import pytest
import tifffile
from PIL import Image

from rcl_cli.errors import FileError
from rcl_cli.raw.pictures import claims
from rcl_cli.raw.read import read_frame

GREY = np.full((64, 64, 3), 128, np.uint8)
HELD = "which its .* bytes cannot hold"
LARGEST = r"the largest that can be read have 1,073,741,824"


def jpeg(width: int, height: int, **options: Any) -> bytes:
    """A whole JPEG of 64 by 64 whose header says otherwise."""
    stream = BytesIO()
    Image.fromarray(GREY).save(stream, "JPEG", **options)
    data = bytearray(stream.getvalue())
    at = next(data.find(bytes([0xFF, frame])) for frame in (0xC0, 0xC2) if bytes([0xFF, frame]) in data)
    struct.pack_into(">HH", data, at + 5, height, width)
    return bytes(data)


def png(width: int, height: int) -> bytes:
    data = imagecodecs.png_encode(GREY)
    header = struct.pack(">II", width, height) + data[24:29]
    return bytes(data[:16] + header + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + data[33:])


def tiff(width: int, height: int, compression: str = "zlib", tile: tuple[int, int] | None = None) -> bytes:
    stream = BytesIO()
    tifffile.imwrite(stream, GREY, photometric="rgb", metadata=None, compression=compression, tile=tile)
    stream.seek(0)
    with tifffile.TiffFile(stream, mode="r+") as file:
        for name, side in (("ImageWidth", width), ("ImageLength", height)):
            file.pages.first.tags[name].overwrite(side)
    return stream.getvalue()


def exr(width: int, height: int) -> bytes:
    stream = BytesIO()
    with OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION}, {"RGB": GREY.astype(np.float32)}) as file:
        file.write(stream)
    data = stream.getvalue()
    place = struct.pack("<4i", 0, 0, 63, 63)
    assert data.count(place) == 2  # data window and display window
    return data.replace(place, struct.pack("<4i", 0, 0, width - 1, height - 1))


def refused(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(data)
    start = perf_counter()
    with pytest.raises(FileError, match=reason):
        read_frame(path)
    assert perf_counter() - start < 2


FORMATS = {".jpg": jpeg, ".png": png, ".tif": tiff, ".exr": exr}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("sides", "reason"), [((65_000, 65_000), LARGEST), ((12_000, 8_000), HELD), ((8_000, 12_000), HELD)]
)
def test_a_size_that_the_bytes_cannot_hold_is_refused_early(
    suffix: str, sides: tuple[int, int], reason: str, tmp_path: Path
) -> None:
    refused(tmp_path / f"a{suffix}", FORMATS[suffix](*sides), reason)


@pytest.mark.parametrize("make", [lambda w, h: jpeg(w, h, progressive=True), lambda w, h: tiff(w, h, "none")])
def test_so_it_is_in_other_codings(make: Callable[[int, int], bytes], tmp_path: Path) -> None:
    kind = ".jpg" if make(64, 64)[:1] == b"\xff" else ".tif"
    refused(tmp_path / f"a{kind}", make(20_000, 20_000), HELD)


@pytest.mark.parametrize("suffix", FORMATS)
def test_true_headers_are_believed(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(FORMATS[suffix](64, 64))
    assert read_frame(path).size == (64, 64)


def test_a_tile_far_larger_than_its_picture_is_refused(tmp_path: Path) -> None:
    stream = BytesIO(tiff(64, 64, tile=(64, 64)))
    with tifffile.TiffFile(stream, mode="r+") as file:
        for name in ("TileWidth", "TileLength"):
            file.pages.first.tags[name].overwrite(60_000)
    refused(tmp_path / "a.tif", stream.getvalue(), LARGEST)


@pytest.mark.parametrize("tile", [None, (64, 64)])
def test_a_jpeg_in_a_tiff_is_no_larger_than_its_place(tile: tuple[int, int] | None, tmp_path: Path) -> None:
    data = bytearray(tiff(64, 64, "jpeg", tile))
    at = data.find(b"\xff\xc0") + 5
    assert struct.unpack_from(">HH", data, at) == (64, 64)
    struct.pack_into(">HH", data, at, 65_000, 65_000)
    refused(tmp_path / "a.tif", bytes(data), "holds a JPEG of 65000 by 65000 pixels where 64 by 64 fit")


@pytest.mark.parametrize(
    ("name", "options"), [("blank.png", {}), ("blank.jpg", {"progressive": True}), ("blank.webp", {"lossless": True})]
)
def test_the_emptiest_pictures_are_read(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    """They take the fewest bytes there can be."""
    Image.new("L" if name.endswith("jpg") else "RGB", (1500, 1000)).save(tmp_path / name, **options)
    assert read_frame(tmp_path / name).size == (1000, 1500)


@pytest.mark.parametrize("compression", ["zlib", "lzw", "packbits", "lzma", "zstd"])
def test_so_are_the_emptiest_tiffs(compression: str, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((1000, 1500), np.uint8), compression=compression, metadata=None)
    assert read_frame(tmp_path / "a.tif").size == (1000, 1500)


@pytest.mark.parametrize("lossless", [True, False])
def test_a_picture_that_does_not_fit_into_the_memory_is_refused(
    lossless: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (400, 300)).save(tmp_path / "a.webp", lossless=lossless)
    monkeypatch.setattr(claims, "memory", lambda: 400 * 300 * 20 - 1)
    with pytest.raises(FileError, match=r"400 by 300 pixels by its header, which take .* GiB of memory"):
        read_frame(tmp_path / "a.webp")
    monkeypatch.setattr(claims, "memory", lambda: 400 * 300 * 20)
    assert read_frame(tmp_path / "a.webp").size == (300, 400)


def test_what_the_memory_cannot_take_after_all_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    (tmp_path / "a.png").write_bytes(png(64, 64))
    monkeypatch.setattr(imagecodecs, "png_decode", full)
    with pytest.raises(FileError, match="needs more memory than there is"):
        read_frame(tmp_path / "a.png")


def test_a_jpeg_of_endless_scans_is_refused(tmp_path: Path) -> None:
    """Each takes a pass over all pixels, and hardly any bytes."""
    stream = BytesIO()
    Image.new("L", (4000, 3000), 90).save(stream, "JPEG", progressive=True)
    data = stream.getvalue()
    last = data[data.rfind(b"\xff\xda") : -2]
    refused(tmp_path / "a.jpg", data[:-2] + 2000 * last + b"\xff\xd9", "scans, far more than any program makes")


def test_a_colour_profile_is_not_unpacked_without_end(tmp_path: Path) -> None:
    stream = BytesIO()
    Image.fromarray(GREY).save(stream, "PNG", icc_profile=bytes((16 << 20) + 1))
    refused(tmp_path / "a.png", stream.getvalue(), "colour profile of more than 16 MiB")
