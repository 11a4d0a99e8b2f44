"""Frames with borders and odd claims, made with tifffile, independent of our own writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write_picture

Tag = tuple[int, str | int, int, Any, bool]

SENSOR = np.random.default_rng(0).integers(300, 4000, (60, 72)).astype(np.uint16)


def write_sensor(path: Path, cfa: CFA, *more: Tag, white: int = 4095) -> None:
    p = cfa.period
    tags: list[Tag] = [
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Tester", True),
        (33421, "H", 2, (p, p), True),
        (33422, "B", p * p, tuple(cfa.colors(p, p).ravel().tolist()), True),
        (50717, "H", 1, white, True),
        *more,
    ]
    tifffile.imwrite(path, SENSOR, photometric="cfa", extratags=tags, metadata=None)


@pytest.mark.parametrize("cfa", [CFA.bayer("RGGB"), CFA.bayer("GBRG"), CFA.xtrans(2, 1)], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize(("top", "left"), [(0, 0), (1, 0), (0, 1), (3, 5), (4, 2)])
def test_the_pattern_starts_at_the_visible_area(cfa: CFA, top: int, left: int, tmp_path: Path) -> None:
    path = tmp_path / "sensor.dng"
    # DNG counts CFAPattern from the active area on.
    write_sensor(path, cfa, (50829, "I", 4, (top, left, 54, 70), True))
    frame = read_frame(path)
    assert isinstance(frame, RawFrame)
    assert np.array_equal(frame.mosaic, SENSOR[top:54, left:70])
    assert frame.cfa == cfa


def test_levels_that_leave_no_range_are_refused(tmp_path: Path) -> None:
    write_sensor(tmp_path / "sensor.dng", CFA.bayer("RGGB"), (50714, "H", 1, 500, True), white=400)
    with pytest.raises(FileError, match="white level of 400"):
        read_frame(tmp_path / "sensor.dng")


def test_a_cut_dng_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sensor.dng"
    write_sensor(path, CFA.bayer("RGGB"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FileError, match="cut short"):
        read_frame(path)


def test_lens_corrections_come_along(tmp_path: Path) -> None:
    opcodes = bytes(range(40))
    write_sensor(tmp_path / "sensor.dng", CFA.bayer("RGGB"), (51022, 7, len(opcodes), opcodes, True))
    frame = read_frame(tmp_path / "sensor.dng")
    assert isinstance(frame, RawFrame)
    write_picture(tmp_path / "result.dng", Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa))
    with tifffile.TiffFile(tmp_path / "result.dng") as tiff:
        below = tiff.pages.first.pages
        assert below is not None
        raw = below[0]
        assert isinstance(raw, tifffile.TiffPage)
        assert raw.tags["OpcodeList3"].value == opcodes


def test_other_patterns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sensor.dng"
    tags: list[Tag] = [
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Tester", True),
        (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, (0, 1, 2, 1), True),
    ]
    tifffile.imwrite(path, SENSOR, photometric="cfa", extratags=tags, metadata=None)
    with pytest.raises(FileError, match="pattern other than Bayer"):
        read_frame(path)
