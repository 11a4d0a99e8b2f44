"""DNGs in JPEG XL, as tifffile stores them: the same light as those that LibRaw decodes."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.carried_tags import OPCODES_LINEAR
from rcl_cli.raw.dng.opcodes import Opcode, packed
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.read import read_frame
from tests.raw.dng.dng_files import Tag, numbers, shorts, write_dng_file

HEIGHT, WIDTH = 51, 66
DNG, TIFF = 52546, 50002
CFAS = {"RGGB": CFA.bayer("RGGB"), "GBRG": CFA.bayer("GBRG"), "X-Trans": CFA.xtrans()}
BLACK, WHITE, ACTIVE_AREA, TABLE, ROWS, COLUMNS = 50714, 50717, 50829, 50712, 50975, 52547
LEVELS = (shorts(BLACK, 512), shorts(WHITE, 16000))
CUT: list[dict[str, Any]] = [{}, {"rowsperstrip": 16}, {"tile": (16, 32)}]


def light(*shape: int) -> NDArray[np.uint16]:
    return np.random.default_rng(0).integers(300, 16001, shape).astype(np.uint16)


def read_mosaic(path: Path) -> RawFrame:
    frame = read_frame(path)
    assert isinstance(frame, RawFrame)
    return frame


def list_of(*polynomials: tuple[tuple[int, ...], tuple[float, ...]]) -> Tag:
    """An OpcodeList2 of MapPolynomials, each with its area, planes and pitch, and its coefficients."""
    parts = [
        Opcode(8, 0x01030000, 0, struct.pack(f">9I{len(by)}d", *place, len(by) - 1, *by)) for place, by in polynomials
    ]
    data = packed(parts)
    return OPCODES_LINEAR, 7, len(data), data, True


@pytest.mark.parametrize("layout", CUT, ids=lambda layout: "-".join(layout) or "plain")
@pytest.mark.parametrize("code", [DNG, TIFF])
@pytest.mark.parametrize("pattern", CFAS)
def test_a_mosaic_is_that_of_the_same_file_without(pattern: str, code: int, layout: Any, tmp_path: Path) -> None:
    values, cfa = light(HEIGHT, WIDTH), CFAS[pattern]
    tags = (*LEVELS, numbers(ACTIVE_AREA, 2, 3, HEIGHT - 4, WIDTH))
    write_dng_file(tmp_path / "plain.dng", values, *tags, cfa=cfa)
    write_dng_file(tmp_path / "a.dng", values, *tags, cfa=cfa, compression=code, **layout)
    plain, ours = read_mosaic(tmp_path / "plain.dng"), read_mosaic(tmp_path / "a.dng")
    assert np.array_equal(ours.mosaic, plain.mosaic)
    assert (ours.cfa, ours.black_level, ours.white_level) == (plain.cfa, plain.black_level, plain.white_level)


@pytest.mark.parametrize("container", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [12, 16])
def test_so_it_is_in_any_byte_order_and_wrapping(bits: int, order: str, container: bool, tmp_path: Path) -> None:
    """Adobe stores bare codestreams, Apple boxes with one. tifffile does not encode for files of the other order."""
    values = light(HEIGHT, WIDTH) >> (16 - bits)
    data = imagecodecs.jpegxl_encode(values, lossless=True, bitspersample=bits, usecontainer=container)
    write_dng_file(
        tmp_path / "a.dng", iter([data]), *LEVELS, cfa=CFAS["RGGB"], compression=DNG, byteorder=order,
        shape=values.shape, dtype=np.uint16, rowsperstrip=HEIGHT,
    )  # fmt: skip
    assert np.array_equal(read_mosaic(tmp_path / "a.dng").mosaic, values)


def test_lossy_ones_are_close(tmp_path: Path) -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH] / WIDTH
    values = (2000 + 10000 * np.stack([x, y, x * y], axis=2)).astype(np.uint16)
    write_dng_file(tmp_path / "a.dng", values, *LEVELS, compression=DNG, compressionargs={"distance": 0.1})
    frame = read_frame(tmp_path / "a.dng")
    assert isinstance(frame, RgbFrame)
    assert frame.rgb == pytest.approx((values - 512.0) / (16000 - 512), abs=0.01)


@pytest.mark.parametrize("layout", CUT, ids=lambda layout: "-".join(layout) or "plain")
def test_a_linear_raw_is_too(layout: Any, tmp_path: Path) -> None:
    values = light(HEIGHT, WIDTH, 3)
    write_dng_file(tmp_path / "plain.dng", values, *LEVELS)
    write_dng_file(tmp_path / "a.dng", values, *LEVELS, compression=DNG, **layout)
    plain, ours = read_frame(tmp_path / "plain.dng"), read_frame(tmp_path / "a.dng")
    assert isinstance(plain, RgbFrame)
    assert isinstance(ours, RgbFrame)
    assert ours.camera_rgb
    assert ours.rgb == pytest.approx(plain.rgb, abs=1e-7)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_the_table_makes_stored_values_linear(kind: type[np.unsignedinteger[Any]], tmp_path: Path) -> None:
    stored = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH)).astype(kind)
    table = np.rint(np.linspace(0, 1, 200) ** 2 * 16000).astype(int)
    write_dng_file(
        tmp_path / "a.dng", stored, shorts(TABLE, *table.tolist()), shorts(WHITE, 16000), cfa=CFAS["RGGB"],
        compression=DNG,
    )  # fmt: skip
    assert np.array_equal(read_mosaic(tmp_path / "a.dng").mosaic, table[np.minimum(stored, 199)])


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (3, 1), (1, 2), (HEIGHT, 999)])
def test_fields_are_put_in_order(rows: int, columns: int, tmp_path: Path) -> None:
    """Colours side by side, the first field of rows and columns first; sides need not be multiples."""
    values = light(HEIGHT, WIDTH)
    stored = np.concatenate([values[field::rows] for field in range(rows)])
    stored = np.concatenate([stored[:, field::columns] for field in range(columns)], axis=1)
    fields = (shorts(ROWS, rows), shorts(COLUMNS, columns))
    write_dng_file(tmp_path / "a.dng", stored, *LEVELS, *fields, cfa=CFAS["RGGB"], compression=DNG, tile=(16, 32))
    assert np.array_equal(read_mosaic(tmp_path / "a.dng").mosaic, values)


def test_polynomials_make_a_mosaic_linear(tmp_path: Path) -> None:
    """Of the active area, for one place of the pattern; the others stay."""
    stored = light(HEIGHT, WIDTH)
    area = 3, 2, HEIGHT, WIDTH
    polynomial = list_of(((0, 0, HEIGHT - 3, WIDTH - 2, 0, 1, 2, 2), (0.0, 0.25, 0.75)))
    tags = (*LEVELS, numbers(ACTIVE_AREA, *area), polynomial)
    write_dng_file(tmp_path / "a.dng", stored, *tags, cfa=CFAS["RGGB"], compression=DNG)
    frame = read_mosaic(tmp_path / "a.dng")
    x = (stored[3:, 2:] - 512.0) / (16000 - 512)
    true, seen = x.copy(), x[::2, ::2]
    true[::2, ::2] = np.where(seen < 0, 0.25 * seen, 0.25 * seen + 0.75 * seen**2)
    assert frame.normalized() == pytest.approx(true, abs=2e-5)
    assert frame.metadata.dng_tags == read_mosaic(tmp_path / "a.dng").metadata.dng_tags
    assert OPCODES_LINEAR not in [entry.code for entry in frame.metadata.dng_tags]


def test_polynomials_make_a_linear_raw_linear(tmp_path: Path) -> None:
    """One after the other, of all planes and of one."""
    stored = light(HEIGHT, WIDTH, 3)
    whole = (0, 0, HEIGHT, WIDTH)
    polynomials = list_of(((*whole, 0, 3, 1, 1), (0.0, 0.5, 0.5)), ((*whole, 2, 1, 1, 1), (0.0, 0.9)))
    write_dng_file(tmp_path / "a.dng", stored, shorts(WHITE, 16000), polynomials, compression=DNG)
    frame = read_frame(tmp_path / "a.dng")
    assert isinstance(frame, RgbFrame)
    x = stored / 16000
    assert frame.rgb == pytest.approx((0.5 * x + 0.5 * x**2) * [1, 1, 0.9], abs=1e-6)


@pytest.mark.parametrize(
    "damage",
    [
        ((0, 0, 9, 9, 0, 1, 0, 1), (0.0, 2.0)),
        ((0, 0, 9, 9, 0, 1, 1, 1), (float("nan"), 2.0)),
        ((0, 0, 9, 9, 0, 1, 1, 1), (0.0,) * 12),
    ],
)
def test_a_damaged_polynomial_does_nothing(damage: Any, tmp_path: Path) -> None:
    stored = light(HEIGHT, WIDTH, 3)
    write_dng_file(tmp_path / "a.dng", stored, shorts(WHITE, 16000), list_of(damage), compression=DNG)
    frame = read_frame(tmp_path / "a.dng")
    assert isinstance(frame, RgbFrame)
    assert frame.rgb == pytest.approx(stored / 16000, abs=1e-6)


def test_damaged_data_are_called_so(tmp_path: Path) -> None:
    write_dng_file(tmp_path / "a.dng", light(HEIGHT, WIDTH), *LEVELS, cfa=CFAS["RGGB"], compression=DNG)
    with tifffile.TiffFile(tmp_path / "a.dng") as tiff:
        at, size = tiff.pages.first.dataoffsets[0], tiff.pages.first.databytecounts[0]
    data = bytearray((tmp_path / "a.dng").read_bytes())
    data[at + size // 3 : at + size] = bytes(size - size // 3)
    (tmp_path / "a.dng").write_bytes(data)
    with pytest.raises(FileError, match="holds damaged pixel data"):
        read_frame(tmp_path / "a.dng")
