"""Files with more than one picture: one is read, and the user hears of the others once."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
import tifffile
from PIL import Image

from rcl_cli.errors import FileError
from rcl_cli.raw.read import read_frame

FRAMES = [Image.new("RGB", (40, 30), (level, level, level)) for level in (10, 100, 200)]


def said(path: Path, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What reading twice says; the picture is that of FRAMES[0]."""
    caplog.clear()
    for _ in range(2):
        shown = read_frame(path, linear=True).normalized()
        assert shown == pytest.approx(np.full((30, 40, 3), 10 / 255), abs=1e-3)
    return [record.getMessage().removeprefix(f"{path}: ") for record in caplog.records]


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.png", {}), ("b.png", {"default_image": True}), ("a.webp", {"lossless": True}), ("a.tif", {})],
)
def test_frames_and_pages_are_counted(name: str, options: Any, tmp_path: Path, caplog: Any) -> None:
    FRAMES[0].save(tmp_path / name, save_all=True, append_images=FRAMES[1:], **options)
    what = "pictures" if name.endswith("tif") else "frames"
    # The default image of an animated PNG may stand outside of the animation.
    assert said(tmp_path / name, caplog) == [
        f"holds {2 if options == {'default_image': True} else 3} {what}; only the first is read"
    ]


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "a.mpo.jpg"])
def test_of_a_single_picture_nothing_is_said(name: str, tmp_path: Path, caplog: Any) -> None:
    options: dict[str, Any] = {"lossless": True} if name.endswith("webp") else {}
    FRAMES[0].save(tmp_path / name, **options)
    assert said(tmp_path / name, caplog) == []


def test_an_animated_gif_is_refused(tmp_path: Path) -> None:
    FRAMES[0].save(tmp_path / "a.gif", save_all=True, append_images=FRAMES[1:])
    with pytest.raises(FileError, match="neither a raw nor a picture that can be read"):
        read_frame(tmp_path / "a.gif")


@pytest.mark.parametrize(("kind", "count"), [(0x000000, 3), (0x020002, 3), (0x050000, 3), (0x010001, 1), (0x010002, 1)])
def test_pictures_behind_a_jpeg_are_counted_but_previews(kind: int, count: int, tmp_path: Path, caplog: Any) -> None:
    path = tmp_path / "a.jpg"
    FRAMES[0].save(path, "MPO", save_all=True, append_images=FRAMES[1:], quality=100)
    data = bytearray(path.read_bytes())
    entries = data.index(b"MPF\0") + 4 + 50  # where Pillow puts them
    for number in (1, 2):
        struct.pack_into("<I", data, entries + 16 * number, kind)
    path.write_bytes(data)
    assert said(path, caplog) == ([f"holds {count} pictures; only the first is read"] if count > 1 else [])


def pages(path: Path, *sizes: tuple[int, int], **flags: Any) -> Path:
    with tifffile.TiffWriter(path) as tiff:
        for number, size in enumerate(sizes):
            values = np.full((*size, 3), 10 if size == (30, 40) else 99, np.uint8)
            tiff.write(values, photometric="rgb", metadata=None, **(flags if number else {}))
    return path


def masked(path: Path, flag: int) -> Path:
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(np.full((30, 40, 3), 10, np.uint8), photometric="rgb", metadata=None)
        tiff.write(np.ones((30, 40), bool), photometric="mask", subfiletype=flag, metadata=None)
    return path


def test_of_pages_of_several_sizes_the_largest_is_read(tmp_path: Path, caplog: Any) -> None:
    path = pages(tmp_path / "a.tif", (20, 30), (30, 40), (20, 20))
    assert said(path, caplog) == ["holds 3 pictures; only the largest is read"]


def test_small_copies_and_masks_are_no_pictures_of_their_own(tmp_path: Path, caplog: Any) -> None:
    assert said(pages(tmp_path / "a.tif", (30, 40), (30, 40), subfiletype=1), caplog) == []
    for flag in (4, 5):
        assert said(masked(tmp_path / f"{flag}.tif", flag), caplog) == []


def with_sub_ifds(path: Path, *places: str) -> Path:
    """Two pages, the second small; each has a SubIFDs tag that leads to one of them."""
    placeholder = 65000
    with tifffile.TiffWriter(path, byteorder="<") as tiff:
        for size, flag in (((30, 40), 0), ((15, 20), 1)):
            extra = [(placeholder, 4, 1, 1, True)]
            values = np.full((*size, 3), 10, np.uint8)
            tiff.write(values, photometric="rgb", metadata=None, subfiletype=flag, extratags=extra)
    with tifffile.TiffFile(path) as tiff:
        offsets = {"first": tiff.pages[0].offset, "second": tiff.pages[1].offset, "nowhere": 2**31}
    data = path.read_bytes()
    for place in places:
        sub_ifds = struct.pack("<HHII", 330, 4, 1, offsets[place])
        data = data.replace(struct.pack("<HHII", placeholder, 4, 1, 1), sub_ifds, 1)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "places",
    [("first", "first"), ("second", "second"), ("second", "first"), ("first", "second"), ("nowhere", "nowhere")],
)
def test_directories_that_are_shared_or_lead_in_a_circle_count_once(
    places: tuple[str, str], tmp_path: Path, caplog: Any
) -> None:
    assert said(with_sub_ifds(tmp_path / "a.tif", *places), caplog) == []


def test_a_picture_below_another_is_found_at_any_depth(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(np.zeros((6, 8), np.uint8), subfiletype=1, subifds=1, metadata=None)
        tiff.write(np.zeros((30, 40), np.uint8), metadata=None)
    assert read_frame(tmp_path / "a.tif").size == (30, 40)


def test_parts_and_channels_of_an_openexr_file_are_named(tmp_path: Path, caplog: Any) -> None:
    level = np.full((30, 40), 10 / 255, np.float32)
    colours, path = {"R": level, "G": level, "B": level}, tmp_path / "a.exr"
    with OpenEXR.File(dict[str, Any](), {**colours, "Z": level, "diffuse.R": level}) as file:
        file.write(str(path))
    assert said(path, caplog) == ["has other channels, which are not read: Z, diffuse.R"]
    parts = [OpenEXR.Part({"name": name, "type": OpenEXR.scanlineimage}, colours) for name in ("one", "two")]
    with OpenEXR.File(parts) as file:
        file.write(str(tmp_path / "b.exr"))
    assert said(tmp_path / "b.exr", caplog) == ["holds 2 parts; only the first is read"]


def test_a_raw_of_several_exposures_is_told_of(tmp_path: Path, caplog: Any) -> None:
    mosaic = np.random.default_rng(0).integers(600, 4000, (64, 64)).astype(np.uint16)
    pattern = [(33421, 3, 2, (2, 2), True), (33422, 1, 4, b"\0\1\1\2", True), (50717, 4, 1, 4095, True)]
    first = [(50706, 1, 4, b"\1\4\0\0", True), (50708, 2, 4, "One", True), *pattern]
    with tifffile.TiffWriter(tmp_path / "a.dng") as tiff:
        for extra in (first, pattern):
            tiff.write(mosaic, photometric="cfa", metadata=None, extratags=extra, subfiletype=0)
    read_frame(tmp_path / "a.dng")
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "holds 2 exposures; only the first is read"
    ]
