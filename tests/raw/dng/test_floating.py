"""Floating-point DNGs of every layout: what tifffile stored is what is read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import rawpy
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.floating import unpredicted
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.read import read_frame
from tests.raw.dng.dng_files import numbers, octets, shorts, write_dng_file

SHAPE = (50, 62)
RGGB, XTRANS = CFA.bayer("RGGB"), CFA.xtrans()
SIZES = {np.float16: 5e-4, np.float32: 1e-5, np.float64: 1e-5}
Layout = dict[str, Any]
KEPT: list[Layout] = [{}, {"compression": "adobe_deflate"}, {"compression": "adobe_deflate", "predictor": True}]
CUT: list[Layout] = [{}, {"rowsperstrip": 16}, {"tile": (16, 32)}]
LAYOUTS = [{**kept, **cut} for kept, cut in product(KEPT, CUT)]


def light(*shape: int, brightest: float = 1.0) -> NDArray[np.float64]:
    """Noise goes below black."""
    return np.random.default_rng(0).uniform(-0.02, brightest, shape)


def read_mosaic(path: Path) -> RawFrame:
    frame = read_frame(path)
    assert isinstance(frame, RawFrame)
    return frame


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: "-".join(layout) or "plain")
@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_size_and_layout_is_read(kind: type[np.floating[Any]], layout: Any, order: str, tmp_path: Path) -> None:
    true = light(*SHAPE)
    write_dng_file(tmp_path / "a.dng", true.astype(kind), cfa=RGGB, byteorder=order, **layout)
    frame = read_mosaic(tmp_path / "a.dng")
    assert frame.cfa == RGGB
    assert frame.normalized() == pytest.approx(true, abs=SIZES[kind])


def write_odd(path: Path, values: NDArray[np.float32], predictor: int, tile: tuple[int, int] | None) -> None:
    """(H, W) or (H, W, 3) in 24 bits, as HDRMerge writes them. Not so tifffile: its tags are changed afterwards."""
    height, width, *rest = values.shape
    samples = rest[0] if rest else 1
    tall, wide = tile or (height, width)
    step = samples * {3: 1, 34894: 2, 34895: 4}[predictor]
    full = np.zeros((-(-height // tall) * tall, -(-width // wide) * wide, samples), np.float32)
    full[:height, :width] = values.reshape(height, width, samples)

    def parts() -> Iterator[bytes]:
        for top, left in product(range(0, full.shape[0], tall), range(0, full.shape[1], wide)):
            lines = []
            for row in full[top : top + tall, left : left + wide]:
                numbers = np.frombuffer(imagecodecs.float24_encode(row.copy(), byteorder=">"), np.uint8)
                line = numbers.reshape(-1, 3).T.ravel()
                line[step:] -= line[:-step].copy()
                lines.append(line.tobytes())
            yield zlib.compress(b"".join(lines))

    # Of what is not decoded, tifffile takes any bytes.
    write_dng_file(
        path, parts(), cfa=None if rest else RGGB, shape=values.shape, dtype=np.float32, compression="adobe_deflate",
        predictor=predictor, **({"tile": tile} if tile else {"rowsperstrip": height}),
    )  # fmt: skip
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags["BitsPerSample"].overwrite((24,) * samples)


@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize("predictor", [3, 34894, 34895])
@pytest.mark.parametrize("planes", [(), (3,)])
def test_24_bits_are_read(
    planes: tuple[int, ...], predictor: int, tile: tuple[int, int] | None, tmp_path: Path
) -> None:
    # The encoder halves what it has to round up to the next power of two.
    true = (light(*SHAPE, *planes).astype(np.float32).view(np.uint32) & 0xFFFFFF80).view(np.float32)
    write_odd(tmp_path / "a.dng", true, predictor, tile)
    frame = read_frame(tmp_path / "a.dng")
    seen = frame.normalized() if isinstance(frame, RawFrame) else frame.rgb
    assert seen == pytest.approx(true, abs=1e-5)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_the_predictor_is_that_of_others(step: int) -> None:
    true = light(7, 32).astype(">f4")
    coded = imagecodecs.floatpred_encode(true, dist=step)
    lines = np.frombuffer(coded.tobytes(), np.uint8).reshape(7, -1)
    assert np.array_equal(unpredicted(lines, 4, step).view(">f4"), true)


@pytest.mark.parametrize("kind", SIZES)
def test_linear_ones_are_not_rounded(kind: type[np.floating[Any]], tmp_path: Path) -> None:
    true = light(*SHAPE, 3, brightest=3.0).astype(kind)
    write_dng_file(tmp_path / "a.dng", true, compression="adobe_deflate", predictor=True, tile=(16, 32))
    frame = read_frame(tmp_path / "a.dng")
    assert isinstance(frame, RgbFrame)
    assert frame.camera_rgb
    assert frame.rgb == pytest.approx(true.astype(np.float32), abs=1e-7)


def test_libraw_agrees_where_it_reads_them(tmp_path: Path) -> None:
    true = np.abs(light(*SHAPE))
    write_dng_file(tmp_path / "a.dng", true.astype(np.float32), cfa=RGGB)
    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        theirs = raw.raw_image / raw.white_level
    assert read_mosaic(tmp_path / "a.dng").normalized() == pytest.approx(theirs, abs=2e-4)


@pytest.mark.parametrize("cfa", [RGGB, XTRANS], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("white", [1, 1000])
def test_what_is_brighter_than_white_does_not_move_it(cfa: CFA, white: int, tmp_path: Path) -> None:
    true = light(*SHAPE, brightest=3.0)
    true[7, 9] = 1e6
    write_dng_file(tmp_path / "a.dng", (white * true).astype(np.float32), numbers(50717, white), cfa=cfa)
    seen = read_mosaic(tmp_path / "a.dng").normalized()
    assert seen[7, 9] == pytest.approx(4.0, abs=1e-3)
    true[7, 9] = seen[7, 9]
    assert seen == pytest.approx(true, abs=1e-4)


def test_the_active_area_counts(tmp_path: Path) -> None:
    true = light(*SHAPE)
    write_dng_file(tmp_path / "a.dng", true.astype(np.float32), numbers(50829, 3, 4, 41, 60), cfa=RGGB)
    frame = read_mosaic(tmp_path / "a.dng")
    assert frame.normalized() == pytest.approx(true[3:41, 4:60], abs=1e-5)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(odd: float, tmp_path: Path) -> None:
    values = light(*SHAPE).astype(np.float32)
    values[3, 5] = odd
    write_dng_file(tmp_path / "a.dng", values, cfa=RGGB)
    with pytest.raises(FileError, match="are not numbers"):
        read_frame(tmp_path / "a.dng")


def test_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    write_dng_file(path, light(*SHAPE).astype(np.float16), cfa=RGGB, compression="adobe_deflate", predictor=True)
    with tifffile.TiffFile(path) as tiff:
        at, size = tiff.pages.first.dataoffsets[0], tiff.pages.first.databytecounts[0]
    data = bytearray(path.read_bytes())
    data[at + 8 : at + size // 2] = bytes(size // 2 - 8)
    path.write_bytes(data)
    with pytest.raises(FileError, match="damaged pixel data"):
        read_frame(path)


@pytest.mark.parametrize("name", ["ImageLength", "ImageWidth"])
def test_so_is_a_picture_without_pixels(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    write_dng_file(path, light(*SHAPE).astype(np.float32), cfa=RGGB, rowsperstrip=10)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags[name].overwrite(0)
    with pytest.raises(FileError):
        read_frame(path)


def test_other_patterns_are_refused(tmp_path: Path) -> None:
    values = light(*SHAPE).astype(np.float32)
    pattern = [shorts(33421, 2, 2), octets(33422, 3, 4, 5, 1), octets(50710, 3, 4, 5, 1)]
    write_dng_file(tmp_path / "a.dng", values, *pattern, cfa=RGGB)
    with pytest.raises(FileError, match="other than Bayer or X-Trans"):
        read_frame(tmp_path / "a.dng")


def test_whole_numbers_that_libraw_cannot_unpack_are_not_called_damaged(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(600, 4000, SHAPE).astype(np.uint16)
    write_dng_file(tmp_path / "a.dng", values, cfa=RGGB, compression="adobe_deflate")
    with pytest.raises(FileError, match="compressed by DEFLATE, which LibRaw does not decode"):
        read_frame(tmp_path / "a.dng")
