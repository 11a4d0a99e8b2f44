"""Our minimal OpenEXR: the layout byte by byte, and what else is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from rcl_cli.errors import FileError
from rcl_cli.raw.openexr import encode_exr, read_exr


def test_a_scan_line_lies_where_its_offset_says_channels_in_alphabetical_order() -> None:
    pixels = np.random.default_rng(0).normal(size=(3, 5, 3)).astype(np.float32)
    data = encode_exr(pixels)
    assert data[:8] == b"\x76\x2f\x31\x01\x02\0\0\0"
    table = len(data) - 3 * (8 + 5 * 3 * 4) - 3 * 8
    for row, offset in enumerate(struct.unpack_from("<3Q", data, table)):
        y, size = struct.unpack_from("<ii", data, offset)
        blue, green, red = np.frombuffer(data, "<f4", 15, offset + 8).reshape(3, 5)
        assert (y, size) == (row, 60)
        assert np.array_equal(np.stack([red, green, blue], axis=-1), pixels[row])


@pytest.mark.parametrize("shape", [(4, 7), (4, 7, 3), (1, 1), (1, 1, 3)])
def test_reading_is_the_inverse(shape: tuple[int, ...], tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    (tmp_path / "file.exr").write_bytes(encode_exr(pixels))
    assert np.array_equal(read_exr(tmp_path / "file.exr"), pixels)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda data: data[:-4], "cut short"),
        (lambda data: data[:60], "damaged"),
        (
            lambda data: data.replace(b"compression\0compression\0\1\0\0\0\0", b"compression\0compression\0\1\0\0\0\3"),
            "kind",
        ),
    ],
)
def test_other_files_are_refused(change: object, word: str, tmp_path: Path) -> None:
    data = encode_exr(np.zeros((4, 7, 3), np.float32))
    (tmp_path / "file.exr").write_bytes(change(data))  # type: ignore[operator]
    with pytest.raises(FileError, match=word):
        read_exr(tmp_path / "file.exr")
