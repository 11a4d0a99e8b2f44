"""Files that lack their end, wherever they are cut, and whole ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import OpenEXR
import pytest
import tifffile

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.whole import is_cut
from rcl_cli.raw.write import write

KINDS = [".webp", ".dng", "mosaic.dng", ".tif", ".png", ".jpg", ".exr", ".npy"]


@pytest.fixture
def rgb(tmp_path: Path) -> RgbFrame:
    pixels = np.random.default_rng(0).integers(0, 65536, (40, 56, 3), dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "source.png"), pixels)
    frame = read_frame(tmp_path / "source.png")
    assert isinstance(frame, RgbFrame)
    return frame


@pytest.mark.parametrize("kind", KINDS)
def test_what_lacks_its_end_is_cut_wherever_that_is(rgb: RgbFrame, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a{kind[kind.index('.') :]}"
    frame = RawFrame(np.ones((40, 56), np.uint16), CFA.bayer("RGGB"), (0.0,) * 4, 255.0) if "mosaic" in kind else rgb
    if kind == ".webp":
        cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8))
    else:
        write(path, frame)
    whole = path.read_bytes()
    assert not is_cut(path)
    for length in {0, 1, 3, 7, 20, len(whole) // 3, len(whole) // 2, len(whole) - 100, len(whole) - 2}:
        path.write_bytes(whole[:length])
        # A file of a few bytes is of no kind.
        assert is_cut(path) or 0 < length < 8, length
    path.write_bytes(bytes(len(whole)))
    assert is_cut(path)


@pytest.mark.parametrize(("suffix", "options"), [("tif", {"tile": (16, 16)}), ("tif", {"compression": "zlib"})])
def test_files_of_other_writers(tmp_path: Path, suffix: str, options: Any) -> None:
    path = tmp_path / f"a.{suffix}"
    orders: list[Literal["<", ">"]] = ["<", ">"]
    for order in orders:
        tifffile.imwrite(path, np.ones((2, 48, 48, 3), np.uint8), byteorder=order, photometric="rgb", **options)
        assert not is_cut(path)
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        assert is_cut(path)


def test_what_is_of_no_known_kind_is_not_said_to_be_cut(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"whatever")
    assert not is_cut(tmp_path / "a")
    assert not is_cut(tmp_path)
    assert not is_cut(tmp_path / "missing")


def test_a_directory_that_leads_to_itself_has_an_end(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + b"\0\0" + b"\x08\0\0\0")
    assert not is_cut(tmp_path / "a.tif")


@pytest.mark.parametrize("offset", [0, 7, 2**31, 2**62, 2**63, 2**64 - 1])
def test_an_offset_that_leads_nowhere_is_a_cut_file(tmp_path: Path, offset: int) -> None:
    path = tmp_path / "a.exr"
    planes = {"Y": np.ones((8, 8), np.float32)}
    OpenEXR.File({"compression": OpenEXR.NO_COMPRESSION, "type": OpenEXR.scanlineimage}, planes).write(str(path))
    assert not is_cut(path)
    data = bytearray(path.read_bytes())
    table = data.index(b"scanlineimage\0") + 14  # the last attribute, the end of the header, then the offsets
    data[table : table + 8] = offset.to_bytes(8, "little")
    path.write_bytes(data)
    assert is_cut(path)
