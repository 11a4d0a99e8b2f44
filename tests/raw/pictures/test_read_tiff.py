"""TIFFs of every depth, kind and layout, and which page is the picture."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from rcl_cli.errors import FileError
from rcl_cli.raw.pictures.decoded import Decoded
from rcl_cli.raw.pictures.read_tiff import decode_tiff
from rcl_cli.raw.read import read_frame

RNG = np.random.default_rng(0)
VALUES = RNG.integers(0, 256, (40, 56, 3)).astype(np.uint8)


def packed(values: NDArray[Any], bits: int) -> bytes:
    """Bit after bit, the highest first, each row in whole bytes."""
    rows = values.reshape(values.shape[0], -1)
    return b"".join(np.packbits((row[:, None] >> np.arange(bits)[::-1]) & 1).tobytes() for row in rows)


def plain(path: Path, data: bytes, shape: tuple[int, ...], bits: int, order: str = "<", **tags: Any) -> Path:
    """A TIFF of one strip, written tag by tag."""
    height, width, samples = (*shape, 1)[:3]
    entries = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [bits] * samples),
        259: (3, [1]),
        262: (3, [2 if samples == 3 else 1]),
        273: (4, [0]),
        277: (3, [samples]),
        278: (4, [height]),
        279: (4, [len(data)]),
    }
    entries |= {int(code[1:]): value for code, value in tags.items()}
    size = 8 + 2 + 12 * len(entries) + 4
    behind, table = b"", b""
    start = size + sum(8 * len(values) for _, values in entries.values())
    entries[273] = (4, [start])
    for code, (kind, values) in sorted(entries.items()):
        content = struct.pack(order + f"{len(values)}{'H' if kind == 3 else 'I'}", *values)
        at = struct.pack(order + "I", size + len(behind)) if len(content) > 4 else content.ljust(4, b"\0")
        behind += content if len(content) > 4 else b""
        table += struct.pack(order + "HHI", code, kind, len(values)) + at
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    body = head + struct.pack(order + "H", len(entries)) + table + bytes(4) + behind
    path.write_bytes(body.ljust(start, b"\0") + data)
    return path


def decoded(path: Path) -> Decoded:
    return decode_tiff(path)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 8, 10, 12, 14, 16])
@pytest.mark.parametrize("samples", [1, 3])
def test_every_depth_is_read(bits: int, samples: int, order: str, tmp_path: Path) -> None:
    values = RNG.integers(0, 2**bits, (9, 13, samples)).astype(np.uint16)
    data = values.astype(order + "u2").tobytes() if bits == 16 else packed(values, bits)
    found = decoded(plain(tmp_path / "a.tif", data, values.shape, bits, order))
    assert found.bits == bits
    assert np.array_equal(found.values, values)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_depths_in_words_are_read(bits: int, order: str, tmp_path: Path) -> None:
    values = RNG.integers(0, 2**bits, (9, 13, 3)).astype(np.uint16)
    found = decoded(plain(tmp_path / "a.tif", values.astype(order + "u2").tobytes(), values.shape, bits, order))
    assert np.array_equal(found.values, values)
    assert found.bits == bits


@pytest.mark.parametrize("bits", [1, 4, 12])
def test_white_is_white_and_black_is_black_at_any_depth(bits: int, tmp_path: Path) -> None:
    values = np.array([[0, 2**bits - 1] * 8] * 8, np.uint16)
    normal = read_frame(plain(tmp_path / "a.tif", packed(values, bits), values.shape, bits))
    inverse = read_frame(plain(tmp_path / "b.tif", packed(values, bits), values.shape, bits, t262=(3, [0])))
    assert np.unique(normal.normalized()).tolist() == [0, 1]
    assert np.array_equal(inverse.normalized(), 1 - normal.normalized())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_point_values_of_any_size_are_linear(dtype: Any, tmp_path: Path) -> None:
    values = RNG.normal(0.5, 1, (8, 10, 3)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb")
    found = decoded(tmp_path / "a.tif")
    assert found.bits == 32
    assert np.array_equal(found.values, values.astype(np.float32))


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint32", "int32", "uint64", "complex64"])
def test_other_values_are_refused_by_their_name(dtype: str, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 10, 3), dtype), photometric="rgb")
    with pytest.raises(FileError, match=dtype):
        read_frame(tmp_path / "a.tif")


@pytest.mark.parametrize("layout", [{}, {"tile": (16, 16)}, {"rowsperstrip": 7}, {"planarconfig": "separate"}])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "zstd", "packbits"])
@pytest.mark.parametrize("big", [False, True])
def test_every_layout_is_read(layout: dict[str, Any], compression: str | None, big: bool, tmp_path: Path) -> None:
    stored = np.moveaxis(VALUES, -1, 0) if "planarconfig" in layout else VALUES
    predictor = compression in ("zlib", "lzw", "zstd")
    more: dict[str, Any] = {"compression": compression, "predictor": predictor, "bigtiff": big}
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", **more, **layout)
    assert np.array_equal(decoded(tmp_path / "a.tif").values, VALUES)


@pytest.mark.parametrize(
    ("mode", "compression"),
    [
        *((mode, compression) for mode in ("1", "L", "P", "RGB", "YCbCr") for compression in (None, "tiff_lzw")),
        *((mode, "jpeg") for mode in ("L", "RGB", "YCbCr")),
    ],
)
def test_kinds_are_read_as_pillow_reads_them(mode: str, compression: str | None, tmp_path: Path) -> None:
    smooth = np.kron(VALUES[::8, ::8], np.ones((8, 8, 1), np.uint8))
    Image.fromarray(smooth).convert(mode).save(tmp_path / "a.tif", compression=compression)
    wanted = np.asarray(Image.open(tmp_path / "a.tif").convert("L" if mode in ("1", "L") else "RGB"))
    found = decoded(tmp_path / "a.tif")
    assert found.bits in (1, 8)
    assert np.abs(found.values.squeeze() * (255.0 / (2**found.bits - 1)) - wanted).max() <= 3


def test_palettes_of_8_bits_and_of_16(tmp_path: Path) -> None:
    indices = RNG.integers(0, 256, (9, 13)).astype(np.uint8)
    fine = RNG.integers(0, 65536, (3, 256)).astype(np.uint16)
    for name, table in (("fine", fine), ("coarse", fine // 257 * 257), ("wrong", fine // 257)):
        tifffile.imwrite(tmp_path / f"{name}.tif", indices, photometric="palette", colormap=table)
    found = {name: decoded(tmp_path / f"{name}.tif") for name in ("fine", "coarse", "wrong")}
    assert {name: item.bits for name, item in found.items()} == {"fine": 16, "coarse": 8, "wrong": 8}
    assert np.array_equal(found["fine"].values, fine.T[indices])
    assert np.array_equal(found["coarse"].values, (fine // 257).T[indices])
    assert np.array_equal(found["wrong"].values, found["coarse"].values)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_inks_become_colours(dtype: Any, tmp_path: Path) -> None:
    full = np.iinfo(dtype).max
    ink = np.zeros((4, 4, 4), dtype)
    ink[0, 0], ink[1, 1] = (full, 0, 0, 0), (0, 0, 0, full)
    tifffile.imwrite(tmp_path / "a.tif", ink, photometric="separated")
    values = decoded(tmp_path / "a.tif").values
    assert values[0, 0].tolist() == [0, full, full]
    assert values[1, 1].tolist() == [0, 0, 0]
    assert values[2, 2].tolist() == [full] * 3


@pytest.mark.parametrize(("extra", "meaning"), [("unspecified", 0), ("assocalpha", 1), ("unassalpha", 2)])
def test_a_fourth_channel_is_kept_with_its_meaning(extra: str, meaning: int, tmp_path: Path) -> None:
    four = np.concatenate([VALUES, VALUES[..., :1]], axis=-1)
    tifffile.imwrite(tmp_path / "a.tif", four, photometric="rgb", extrasamples=[extra])
    found = decoded(tmp_path / "a.tif")
    assert np.array_equal(found.values, VALUES)
    assert found.alpha is not None
    assert found.alpha.meaning == meaning
    assert found.alpha.values == pytest.approx(VALUES[..., 0] / 255)


@pytest.mark.parametrize(
    ("values", "photometric", "word"),
    [
        (np.zeros((8, 9, 5), np.uint8), "rgb", "5 channels"),
        (np.zeros((8, 9, 3), np.uint8), "cielab", "CIELAB"),
        (np.zeros((8, 9, 5), np.uint8), "separated", "CMYK"),
    ],
)
def test_kinds_that_are_no_picture_are_refused(values: Any, photometric: str, word: str, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", values, photometric=photometric)
    with pytest.raises(FileError, match=word):
        read_frame(tmp_path / "a.tif")


@pytest.mark.parametrize("order", ["thumbnail first", "picture first", "thumbnail inside", "picture inside", "no word"])
def test_the_picture_is_the_largest_at_full_size(order: str, tmp_path: Path) -> None:
    small = VALUES[::4, ::4].astype(np.uint16)
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        match order:
            case "thumbnail first":
                tiff.write(small, photometric="rgb", subfiletype=1)
                tiff.write(VALUES, photometric="rgb", subfiletype=0)
            case "picture first":
                tiff.write(VALUES, photometric="rgb")
                tiff.write(np.tile(VALUES, (2, 2, 1)), photometric="rgb", subfiletype=1)
            case "thumbnail inside":
                tiff.write(VALUES, photometric="rgb", subifds=1)
                tiff.write(small, photometric="rgb", subfiletype=1)
            case "picture inside":
                tiff.write(small, photometric="rgb", subfiletype=1, subifds=1)
                tiff.write(VALUES, photometric="rgb", subfiletype=0)
            case _:
                tiff.write(small, photometric="rgb")
                tiff.write(VALUES, photometric="rgb")
    assert np.array_equal(decoded(tmp_path / "a.tif").values, VALUES)


@pytest.mark.parametrize(("own", "wanted"), [({"extratags": [(274, "H", 1, 8, True)]}, 8), ({}, 6)])
def test_orientation_is_that_of_the_picture_before_that_of_its_thumbnail(
    own: dict[str, Any], wanted: int, tmp_path: Path
) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(VALUES[::4, ::4], photometric="rgb", subfiletype=1, extratags=[(274, "H", 1, 6, True)])
        tiff.write(VALUES, photometric="rgb", subfiletype=0, **own)
    assert read_frame(tmp_path / "a.tif").metadata.orientation == wanted


def test_of_several_pages_the_first_is_read(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for page in (VALUES, 255 - VALUES):
            tiff.write(page, photometric="rgb")
    assert np.array_equal(decoded(tmp_path / "a.tif").values, VALUES)


@pytest.mark.parametrize(("unit", "wanted"), [(2, (300, 240)), (3, (762, 609.6)), (1, None)])
def test_resolution(unit: int, wanted: Any, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", VALUES, photometric="rgb", resolution=(300, 240), resolutionunit=unit)
    found = decoded(tmp_path / "a.tif").resolution
    assert found == (pytest.approx(wanted) if wanted else None)


@pytest.mark.parametrize(
    ("damage", "compression"),
    [
        *((damage, compression) for damage in ("cut", "half") for compression in (None, "zlib", "lzw", "jpeg")),
        ("zeros", "zlib"),  # the others have no checksum
    ],
)
def test_damage_is_refused_in_one_sentence(damage: str, compression: str | None, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", VALUES, photometric="rgb", compression=compression, rowsperstrip=8)
    data = (tmp_path / "a.tif").read_bytes()
    middle = len(data) // 2
    if damage == "zeros":
        data = data[:middle] + bytes(200) + data[middle + 200 :]
    else:
        data = data[:-10] if damage == "cut" else data[:middle]
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(FileError, match=r"cut short|damaged"):
        read_frame(tmp_path / "a.tif")


def test_directories_in_a_circle_are_read_once(tmp_path: Path) -> None:
    """Those of a whole picture, and one that holds nothing else."""
    path = tmp_path / "circle.tif"
    tifffile.imwrite(path, VALUES, photometric="rgb", metadata=None)
    data = bytearray(path.read_bytes())
    first = int.from_bytes(data[4:8], "little")
    after = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[after : after + 4] = data[4:8]
    path.write_bytes(data)
    assert np.array_equal(decode_tiff(path).values, VALUES)
    path.write_bytes(struct.pack("<2sHIHI", b"II", 42, 8, 0, 8))
    with pytest.raises(FileError, match="damaged"):
        read_frame(path)


def test_a_size_that_the_data_cannot_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    tifffile.imwrite(path, VALUES, photometric="rgb", metadata=None, compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for name in ("ImageWidth", "ImageLength"):
            tiff.pages.first.tags[name].overwrite(20_000)
    with pytest.raises(FileError, match=r"claims 20000 by 20000 pixels, which its .* bytes cannot hold"):
        read_frame(path)
