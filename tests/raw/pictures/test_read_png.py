"""PNGs of every depth and colour type, and what their chunks say of colour."""

from __future__ import annotations

import gc
import re
import struct
import tracemalloc
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.pictures.icc import chromaticities
from rcl_cli.raw.pictures.read_png import decode_png
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.srgb import srgb_decode
from rcl_cli.raw.write import write_picture

RNG = np.random.default_rng(0)
STEPS = np.arange(256, dtype=np.uint8)[None]
P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.3290)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(path: Path, values: NDArray[Any], bits: int, color: int, *chunks: bytes) -> Path:
    """(H, W, C) of any depth, written chunk by chunk."""
    height, width = values.shape[:2]
    flat = values.reshape(height, -1)
    if bits < 8:
        rows = [np.packbits((row[:, None] >> np.arange(bits)[::-1]) & 1).tobytes() for row in flat]
    else:
        rows = [row.astype(f">u{bits // 8}").tobytes() for row in flat]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixels + chunk(b"IEND", b""))
    return path


KINDS = [(0, 1), (2, 3), (4, 2), (6, 4)]
"""Colour types without a palette, and their samples a pixel."""


def light(path: Path) -> NDArray[np.float32]:
    frame = read_frame(path)
    assert isinstance(frame, RgbFrame)
    return frame.rgb[0, :, 1]


@pytest.mark.parametrize(
    ("bits", "color", "samples"),
    [*((bits, 0, 1) for bits in (1, 2, 4)), *((bits, *kind) for bits in (8, 16) for kind in KINDS)],
)
def test_every_depth_is_read(bits: int, color: int, samples: int, tmp_path: Path) -> None:
    values = RNG.integers(0, 2**bits, (9, 13, samples)).astype(np.uint16)
    found = decode_png(png(tmp_path / "a.png", values, bits, color))
    full = 2**found.bits - 1
    colors = 1 if samples < 3 else 3
    assert found.bits == max(bits, 8)
    assert np.array_equal(found.values, values[..., :colors] * (full // (2**bits - 1)))
    assert (found.alpha is None) == (samples == colors)
    if found.alpha is not None:
        assert found.alpha.values == pytest.approx(values[..., colors] / (2**bits - 1))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes_are_looked_up(bits: int, tmp_path: Path) -> None:
    palette = RNG.integers(0, 256, (2**bits, 3)).astype(np.uint8)
    indices = RNG.integers(0, 2**bits, (9, 13)).astype(np.uint8)
    table = chunk(b"PLTE", palette.tobytes())
    assert np.array_equal(decode_png(png(tmp_path / "a.png", indices, bits, 3, table)).values, palette[indices])
    found = decode_png(png(tmp_path / "b.png", indices, bits, 3, table, chunk(b"tRNS", b"\x40")))
    assert found.alpha is not None
    assert found.alpha.values == pytest.approx(np.where(indices == 0, 64 / 255, 1))


def test_one_colour_may_be_transparent(tmp_path: Path) -> None:
    found = decode_png(png(tmp_path / "a.png", STEPS, 8, 0, chunk(b"tRNS", struct.pack(">H", 7))))
    assert found.alpha is not None
    assert np.flatnonzero(found.alpha.values == 0).tolist() == [7]


def gama(exponent: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(1e5 / exponent)))


def chrm(primaries: tuple[float, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 1e5) for value in (*primaries[6:], *primaries[:6]))))


def cicp(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full]))


@pytest.mark.parametrize(
    ("chunks", "exponent"),
    [
        ([], None),
        ([chunk(b"sRGB", b"\0"), gama(2.2)], None),
        ([gama(2.2)], None),  # what those say who mean sRGB
        ([gama(1)], 1),
        ([gama(1.8)], 1.8),
        ([chrm(P3)], None),
        ([cicp(12, 13), gama(1)], None),
        ([cicp(1, 8)], 1),
        ([cicp(5, 4)], 2.2),
        ([cicp(5, 5)], 2.8),
    ],
)
def test_the_curve_is_what_the_chunks_say(chunks: list[bytes], exponent: float | None, tmp_path: Path) -> None:
    values = STEPS / np.float32(255)
    wanted = srgb_decode(values) if exponent is None else values**exponent
    path = png(tmp_path / "a.png", STEPS, 8, 0, *chunks)
    assert light(path) == pytest.approx(wanted[0], abs=2e-4)
    frame = read_frame(path)
    write_picture(tmp_path / "b.png", Picture.from_frame(frame, frame.normalized()))
    assert np.array_equal(decode_png(tmp_path / "b.png").values[..., 0], STEPS)
    assert light(tmp_path / "b.png") == pytest.approx(wanted[0], abs=2e-4)


def test_video_curves_rise_from_0_to_1(tmp_path: Path) -> None:
    values = light(png(tmp_path / "a.png", STEPS, 8, 0, cicp(1, 1)))
    assert values[[0, 255]] == pytest.approx([0, 1], abs=1e-6)
    assert values[128] == pytest.approx(((128 / 255 + 0.099) / 1.099) ** (1 / 0.45), abs=1e-3)
    assert all(a < b for a, b in pairwise(values))


@pytest.mark.parametrize("chunks", [[chrm(P3), gama(1.8)], [cicp(12, 13)]])
def test_primaries_are_what_the_chunks_say(chunks: list[bytes], tmp_path: Path) -> None:
    values = RNG.integers(0, 256, (9, 13, 3)).astype(np.uint8)
    frame = read_frame(png(tmp_path / "a.png", values, 8, 2, *chunks))
    assert isinstance(frame, RgbFrame)
    assert frame.stored.profile is not None
    assert frame.stored.profile.to_xyz is not None
    assert chromaticities(frame.stored.profile.to_xyz) == pytest.approx(P3, abs=1e-3)


@pytest.mark.parametrize(
    ("chunks", "word"), [([cicp(9, 16)], "PQ"), ([cicp(9, 18)], "HLG"), ([cicp(1, 1, 0, 0)], "narrow")]
)
def test_light_beyond_the_display_is_refused_by_its_name(chunks: list[bytes], word: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=word):
        read_frame(png(tmp_path / "a.png", STEPS, 8, 0, *chunks))


@pytest.mark.parametrize("bad", [chunk(b"iCCP", b"x\0\0rubbish"), chunk(b"gAMA", bytes(4)), chunk(b"cHRM", bytes(32))])
def test_damaged_words_on_colour_are_ignored(bad: bytes, tmp_path: Path) -> None:
    assert light(png(tmp_path / "a.png", STEPS, 8, 0, bad)) == pytest.approx(srgb_decode(STEPS / 255)[0], abs=1e-4)


@pytest.mark.parametrize(("damage", "said"), [("cut", "cut short"), ("half", "cut short"), ("zeros", "damaged")])
def test_damage_is_refused(damage: str, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = png(tmp_path / "a.png", RNG.integers(0, 256, (90, 130, 3)), 8, 2)
    data = path.read_bytes()
    middle = len(data) // 2
    zeroed = data[:middle] + bytes(99) + data[middle + 99 :]
    path.write_bytes({"cut": data[:-40], "half": data[:middle], "zeros": zeroed}[damage])
    with pytest.raises(FileError, match=said):
        read_frame(path)
    assert not caplog.text  # the codec's words do not name the file


def test_a_header_that_makes_no_sense_is_damage_and_no_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = png(tmp_path / "a.png", RNG.integers(0, 256, (9, 13, 3)), 8, 2)
    data = path.read_bytes()
    header = b"IHDR" + bytes(4) + data[20:29]
    path.write_bytes(data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:])
    with pytest.raises(FileError, match="damaged"):
        read_frame(path)
    assert not caplog.text


def test_a_file_that_lacks_only_its_end_chunk_is_read(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", STEPS, 8, 0)
    path.write_bytes(path.read_bytes()[:-12])
    assert np.array_equal(decode_png(path).values[..., 0], STEPS)


def test_a_profile_that_unfolds_to_gigabytes_is_refused(tmp_path: Path) -> None:
    packed = zlib.compressobj(9)
    bomb = b"".join(packed.compress(bytes(1_000_000)) for _ in range(100)) + packed.flush()
    path = png(tmp_path / "bomb.png", np.full((4, 4, 3), 100, np.uint8), 8, 2, chunk(b"iCCP", b"x\0\0" + bomb))
    tracemalloc.start()
    with pytest.raises(FileError, match="a colour profile of more than 16 MiB"):
        decode_png(path)
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how much memory a process has")
@pytest.mark.parametrize(("bits", "color"), [(8, 0), (8, 2), (16, 2), (16, 6), (8, 4)])
def test_damaged_files_cost_no_memory_for_ever(bits: int, color: int, tmp_path: Path) -> None:
    def reserved_mb() -> int:
        found = re.search(r"VmSize:\s+(\d+) kB", Path("/proc/self/status").read_text())
        assert found is not None
        return int(found[1]) // 1000

    samples = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    path = png(tmp_path / "cut.png", np.zeros((40, 40, samples), np.uint16 if bits == 16 else np.uint8), bits, color)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", 9000, 9000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)
    for number in range(6):
        with pytest.raises(FileError):
            read_frame(path)
        gc.collect()  # what pytest keeps of an error holds the array
        if number == 0:
            before = reserved_mb()
    assert reserved_mb() - before < 81 * samples
