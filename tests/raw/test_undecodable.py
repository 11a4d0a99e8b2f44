"""Raws that are not decoded, and the reason that the user is told."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.cut import why_cut_short
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import raw_frame
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.tags.tiff_tags import TiffTags, read_tiff_tags

CUT = "is cut short"


def dng(path: Path, height: int, width: int) -> Path:
    values = np.random.default_rng(0).integers(600, 4000, (height, width)).astype(np.uint16)
    write_dng(path, raw_frame(values, CFA.bayer("RGGB"), black=512, white=4095, make="M", model="One"))
    return path


@pytest.mark.parametrize("share", [0.99, 0.6, 0.3])
def test_a_dng_says_how_much_of_it_is_there(share: float, tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng", 200, 300)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(FileError, match=f"{CUT}: of at least {len(data)} bytes {int(share * len(data))} are there"):
        read_frame(path)


@pytest.mark.realdata
@pytest.mark.parametrize("pattern", ["*.dng", "*0304.CRW", "*0119.CRW", "*3908.KDC", "*3911.KDC", "*0011M.KDC"])
@pytest.mark.parametrize("share", [0.97, 0.5])
def test_so_do_raws_of_cameras(realdata: Path, pattern: str, share: float, tmp_path: Path) -> None:
    source = next((realdata / "raw/bayer").glob(pattern))
    data = source.read_bytes()
    assert why_cut_short(source, read_tiff_tags(source)) == ""
    (tmp_path / source.name).write_bytes(data[: int(share * len(data))])
    with pytest.raises(FileError, match=CUT):
        read_frame(tmp_path / source.name)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["exiftool_CanonRaw.cr3", "exiftool_FujiFilm.raf", "exiftool_SigmaDP2.x3f"])
def test_so_do_other_structures(realdata: Path, name: str, tmp_path: Path) -> None:
    """The files are headers without pixels, which claim no more than they have."""
    data = (realdata / "raw/bad" / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data)
    assert why_cut_short(path, TiffTags()) == ""
    path.write_bytes(data[:-40])
    assert why_cut_short(path, TiffTags()).startswith(CUT)
    with pytest.raises(FileError, match=CUT):
        read_frame(path)


def minolta(height: int, width: int, how: int, there: int) -> bytes:
    """A raw of a Minolta with so many bytes of values of 12 bits; `how`: 82 in 16 bits each, 89 packed."""
    prd = b"\0PRD" + struct.pack(">I8s4H3B5x", 24, b"21810002", height, width, height, width, 12, 12, how)
    return b"\0MRM" + struct.pack(">I", len(prd) + 80) + prd + bytes(80) + bytes(there)


@pytest.mark.parametrize(("how", "size"), [(82, 40 * 60 * 2), (89, 40 * 60 * 3 // 2)])
def test_a_minolta_says_its_length(how: int, size: int, tmp_path: Path) -> None:
    path = tmp_path / "a.mrw"
    path.write_bytes(minolta(40, 60, how, size))
    assert why_cut_short(path, TiffTags()) == ""
    path.write_bytes(minolta(40, 60, how, size - 1))
    assert why_cut_short(path, TiffTags()).startswith(f"{CUT}: of at least {120 + size} bytes {119 + size}")


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<2sHI", b"II", 42, 4000),
        struct.pack(">2sHI", b"MM", 42, 4000),
        struct.pack(">I4s8sI4s", 16, b"ftyp", b"crx ", 4000, b"mdat"),
        struct.pack(">I4s8sI4sQ", 16, b"ftyp", b"crx ", 1, b"mdat", 2**33),
        b"FUJIFILM".ljust(84) + struct.pack(">6I", 148, 10, 158, 10, 168, 4000),
        b"FOVb" + bytes(100),
        b"II\x1a\0\0\0HEAPCCDR" + bytes(40) + struct.pack("<I", 4000),
    ],
    ids=["tiff", "big-endian tiff", "cr3", "cr3 of 64 bits", "raf", "x3f", "crw"],
)
def test_what_a_structure_claims_is_its_length(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(data)
    assert why_cut_short(path, TiffTags()).startswith(CUT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"II",
        b"FUJIFILM",
        struct.pack(">I4s8sI4s", 16, b"ftyp", b"crx ", 0, b"mdat") + bytes(50),
        b"FOVb" + bytes(28) + b"SECd" + bytes(20) + struct.pack("<I", 32),
    ],
)
def test_what_claims_nothing_more_is_not_called_cut(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(data)
    assert why_cut_short(path, TiffTags()) == ""


@pytest.mark.realdata
def test_a_gopro_raw_is_called_what_it_is(realdata: Path) -> None:
    with pytest.raises(FileError, match=r"is compressed by VC-5, .* which LibRaw does not decode; convert it"):
        read_frame(realdata / "raw/undecodable/gopro-hero7_GOPR8508.GPR")


@pytest.mark.parametrize(("compression", "name"), [(34712, "JPEG 2000"), (5, "LZW"), (999, "999")])
def test_so_is_any_other_compression(compression: int, name: str, tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng", 64, 64)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        raw = next(iter(tiff.pages.first.pages or ()))
        raw.tags["Compression"].overwrite(compression)  # type: ignore[union-attr]
    with pytest.raises(FileError, match=f"is compressed by .*{name}, which LibRaw does not decode"):
        read_frame(path)


@pytest.mark.parametrize("size", [(2, 2), (20, 300), (300, 20)])
def test_a_tiny_raw_is_called_tiny(size: tuple[int, int], tmp_path: Path) -> None:
    height, width = size
    with pytest.raises(FileError, match=f"is a raw of {width} by {height} pixels; LibRaw decodes those of 22 and more"):
        read_frame(dng(tmp_path / "a.dng", height, width))


def test_the_smallest_that_is_decoded(tmp_path: Path) -> None:
    assert read_frame(dng(tmp_path / "a.dng", 22, 22)).size == (22, 22)


@pytest.mark.parametrize("there", [20, 100])
def test_a_directory_that_is_cut_is_no_picture_with_a_wrong_name(there: int, tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    tifffile.imwrite(path, np.zeros((64, 64), np.uint16))
    path.write_bytes(path.read_bytes()[:there])
    with pytest.raises(FileError, match=f"{CUT}: of at least [0-9]+ bytes {there} are there"):
        read_frame(path)
