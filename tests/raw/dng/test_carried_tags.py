"""What a DNG says of its camera, colours and frame is in the result as well; what is no longer true is not."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rawpy
import tifffile

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.carried_tags import OPCODES_LINEAR
from rcl_cli.raw.dng.entries import lost_corrections
from rcl_cli.raw.dng.opcodes import Opcode, packed, unpacked
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.tags.tiff_tags import directories, read_tiff_tags
from rcl_cli.raw.write import write, write_picture

from ...needs import EXIFTOOL

Tag = tuple[int, str, int, Any, bool]

SIZE = (96, 144)
FIRST: dict[str, Tag] = {
    "ColorMatrix2": (50722, "2i", 9, (9, 10, -2, 10, -1, 10, -4, 10, 12, 10, 2, 10, -1, 10, 2, 10, 6, 10), True),
    "CalibrationIlluminant2": (50779, "H", 1, 21, True),
    "CameraCalibration1": (50723, "2i", 9, (11, 10, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 9, 10), True),
    "ForwardMatrix1": (50964, "2i", 9, (7, 10, 1, 10, 1, 10, 3, 10, 6, 10, 1, 10, 0, 1, 1, 10, 7, 10), True),
    "AnalogBalance": (50727, "2I", 3, (12, 10, 1, 1, 8, 10), True),
    "BaselineExposure": (50730, "2i", 1, (3, 2), True),
    "LinearResponseLimit": (50734, "2I", 1, (9, 10), True),
    "CameraSerialNumber": (50735, "s", 0, "SN123", True),
    "LensInfo": (50736, "2I", 4, (24, 1, 70, 1, 0, 0, 0, 0), True),
    "OriginalRawFileName": (50827, "s", 0, "IMG_1.NEF", True),
    "ProfileName": (50936, "s", 0, "Standard", True),
    "ProfileToneCurve": (50940, "f", 6, (0.0, 0.0, 0.5, 0.6, 1.0, 1.0), True),
    "ProfileHueSatMapDims": (50937, "I", 3, (1, 2, 1), True),
    "ProfileHueSatMapData1": (50938, "f", 6, (0.0, 1.0, 1.0, 0.0, 1.1, 1.0), True),
    "ProfileLookTableEncoding": (51108, "I", 1, 1, True),
    "BaselineExposureOffset": (51109, "2i", 1, (-1, 2), True),
    "DefaultUserCrop": (51125, "2I", 4, (0, 1, 1, 10, 1, 1, 9, 10), True),
}
FRAME: list[Tag] = [
    (50719, "I", 2, (8, 6), True),  # DefaultCropOrigin
    (50720, "I", 2, (124, 82), True),  # DefaultCropSize
    (50718, "2I", 2, (1, 1, 3, 2), True),  # DefaultScale
]
ONLY_OF_THE_SOURCE: list[Tag] = [
    (50731, "2I", 1, (2, 1), True),  # BaselineNoise
    (50733, "I", 1, 100, True),  # BayerGreenSplit
    (50781, "B", 16, tuple(range(16)), True),  # RawDataUniqueID
    (51111, "B", 16, tuple(range(16)), True),  # NewRawImageDigest
]


def write_source(path: Path, *more: Tag, byteorder: Any = "<") -> None:
    """A Bayer DNG with ColorMatrix1 for standard light A and whatever else."""
    tags: list[Tag] = [
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Tester One", True),
        (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, (0, 1, 1, 2), True),
        (50714, "H", 1, 512, True),
        (50717, "I", 1, 16383, True),
        (50721, "2i", 9, (11, 10, -3, 10, -1, 10, -4, 10, 12, 10, 2, 10, -1, 10, 2, 10, 5, 10), True),
        (50778, "H", 1, 17, True),
        *more,
    ]
    dn = np.random.default_rng(0).integers(600, 9000, SIZE).astype(np.uint16)
    tifffile.imwrite(path, dn, photometric="cfa", extratags=tags, metadata=None, byteorder=byteorder)


def picture_of(source: Path, *, linear: bool = False, **made: Any) -> Picture:
    frame = read_frame(source)
    assert isinstance(frame, RawFrame)
    frame = replace(frame, metadata=replace(frame.metadata, path=None))
    scale = made.get("scale", 1)
    pixels = np.kron(frame.normalized(), np.ones((scale, scale), np.float32))
    pixels, cfa = (np.repeat(pixels[..., None], 3, axis=2), None) if linear else (pixels, frame.cfa)
    return Picture.from_frame(frame, pixels, cfa=cfa, **made)


def result(source: Path, *, linear: bool = False, **made: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tags of directory 0 and of the raw's own of a result, written without exiftool."""
    path = source.with_name("result.dng")
    write_picture(path, picture_of(source, linear=linear, **made), overwrite=True)
    with tifffile.TiffFile(path) as tiff:
        first = tiff.pages.first
        assert first.pages is not None
        raw = first.pages[0]
        assert isinstance(raw, tifffile.TiffPage)
        return {tag.name: tag.value for tag in first.tags}, {tag.name: tag.value for tag in raw.tags}


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("linear", [False, True])
def test_camera_and_colours_survive(linear: bool, byteorder: str, tmp_path: Path) -> None:
    source = tmp_path / "a.dng"
    write_source(source, *FIRST.values(), *FRAME, byteorder=byteorder)
    first, raw = result(source, linear=linear, denoised=True)
    for name, (_, _, _, value, _) in FIRST.items():
        assert first[name] == (pytest.approx(value, rel=1e-6) if isinstance(value, tuple) else value), name
    assert first["CalibrationIlluminant1"] == 17
    assert first["ColorMatrix1"][:4] == (11, 10, -3, 10)
    if linear:  # made of square pixels
        assert (raw["DefaultCropOrigin"], raw["DefaultCropSize"]) == ((8, 9), (124, 123))
        assert "DefaultScale" not in raw
    else:
        assert (raw["DefaultCropOrigin"], raw["DefaultCropSize"]) == ((8, 6), (124, 82))
        assert raw["DefaultScale"] == (1, 1, 3, 2)
    assert first["NoiseReductionApplied"] == (1, 1)


def test_what_was_true_of_the_source_alone_is_gone(tmp_path: Path) -> None:
    source = tmp_path / "a.dng"
    write_source(source, *ONLY_OF_THE_SOURCE)
    first, raw = result(source, linear=True, denoised=True)
    names = {tifffile.TIFF.TAGS[tag[0]] for tag in ONLY_OF_THE_SOURCE}
    assert not names & {*first, *raw}
    first, raw = result(source)
    assert first["BaselineNoise"] == (2, 1)
    assert raw["BayerGreenSplit"] == 100


@pytest.mark.parametrize("linear", [False, True])
def test_an_enlarged_picture_has_an_enlarged_crop(linear: bool, tmp_path: Path) -> None:
    source = tmp_path / "a.dng"
    write_source(source, *FRAME, (50732, "2I", 1, (4, 3), True))
    first, raw = result(source, linear=linear, scale=2)
    expected = ((16, 18), (248, 246)) if linear else ((16, 12), (248, 164))
    assert (raw["DefaultCropOrigin"], raw["DefaultCropSize"]) == expected
    assert (raw["ImageLength"], raw["ImageWidth"]) == (SIZE[0] * (3 if linear else 2), SIZE[1] * 2)
    assert "BaselineSharpness" not in first


@pytest.mark.parametrize("crop", [((100, 6), (124, 82)), ((0, 0), (0, 0)), ((8, 6), (145, 82))])
def test_a_crop_outside_the_picture_is_none(crop: tuple[tuple[int, int], tuple[int, int]], tmp_path: Path) -> None:
    source = tmp_path / "a.dng"
    write_source(source, (50719, "I", 2, crop[0], True), (50720, "I", 2, crop[1], True))
    _, raw = result(source)
    assert (raw["DefaultCropOrigin"], raw["DefaultCropSize"]) == ((0, 0), SIZE[::-1])


def test_white_balance_by_chromaticity_stays_so(tmp_path: Path) -> None:
    """Neutral and chromaticity exclude each other (DNG 1.7, AsShotWhiteXY)."""
    source = tmp_path / "a.dng"
    write_source(source, (50729, "2I", 2, (3457, 10000, 3585, 10000), True))
    first, _ = result(source)
    assert first["AsShotWhiteXY"] == (3457, 10000, 3585, 10000)
    assert "AsShotNeutral" not in first


def test_damaged_tags_are_left_out(tmp_path: Path) -> None:
    source = tmp_path / "a.dng"
    bad: list[Tag] = [(50730, "2i", 1, (1, 0), True), (50727, "2I", 2, (1, 1, 1, 1), True)]
    write_source(source, *bad)
    first, _ = result(source)
    assert not {"BaselineExposure", "AnalogBalance"} & first.keys()


def opcodes(*identifiers: int) -> bytes:
    return struct.pack(">I", len(identifiers)) + b"".join(struct.pack(">4I", n, 0x01030000, 0, 0) for n in identifiers)


@pytest.mark.parametrize(
    ("linear", "scale", "kept", "lost"),
    [
        (False, 1, {1, 2, 3}, ""),
        (True, 1, {3}, "FixBadPixelsList, GainMap"),
        (False, 2, {3}, "FixBadPixelsList, GainMap"),
        (True, 2, {3}, "FixBadPixelsList, GainMap"),
    ],
)
def test_corrections_stay_as_long_as_they_are_right_and_the_others_are_named(
    linear: bool, scale: int, kept: set[int], lost: str, tmp_path: Path
) -> None:
    """A list for stored or linear mosaics is none for RGB; places counted in pixels hold for one size."""
    source = tmp_path / "a.dng"
    lists = {1: (51008, opcodes(5)), 2: (51009, opcodes(9)), 3: (51022, opcodes(1, 9))}
    write_source(source, *((code, "B", len(data), data, True) for code, data in lists.values()))
    _, raw = result(source, linear=linear, scale=scale)
    assert {number for number in lists if f"OpcodeList{number}" in raw} == kept
    expected = {**{number: data for number, (_, data) in lists.items()}, **({3: opcodes(1)} if scale == 2 else {})}
    assert all(raw[f"OpcodeList{number}"] == expected[number] for number in kept)
    assert ", ".join(lost_corrections(picture_of(source, linear=linear, scale=scale), dng=True)) == lost


def test_corrections_of_stored_pixels_are_named_where_the_visible_ones_start_elsewhere(tmp_path: Path) -> None:
    source = tmp_path / "a.dng"
    write_source(source, (51008, "B", 20, opcodes(5), True), (50829, "I", 4, (2, 4, *SIZE), True))
    _, raw = result(source)
    assert "OpcodeList1" not in raw
    assert lost_corrections(picture_of(source), dng=True) == ["FixBadPixelsList"]


@pytest.mark.parametrize("suffix", [".tif", ".jpg", ".png", ".exr", ".npy"])
def test_what_is_not_applied_to_other_formats_is_named(
    suffix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, lens = tmp_path / "a.dng", opcodes(1, 3)
    write_source(source, (51022, "B", len(lens), lens, True))
    write(tmp_path / f"result{suffix}", read_frame(source))
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "its corrections WarpRectilinear, FixVignetteRadial are not applied; "
        "results in DNG carry on what holds for them"
    ]


def with_list(source: Path, path: Path, code: int, data: bytes) -> Path:
    path.write_bytes(source.read_bytes())
    with tifffile.TiffFile(path, mode="r+") as tiff:
        page = next(page for page in directories(tiff) if code in page.tags)
        page.tags[code].overwrite(data)
    return path


@pytest.mark.realdata
@pytest.mark.parametrize("scale", [1, 2])
def test_of_a_lossy_raw_what_libraw_has_applied_is_gone_and_the_rest_is_carried(
    realdata: Path, scale: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It applies the polynomials of the second list, and nothing else."""
    source = realdata / "raw" / "linear" / "canon_eos_6d_lossy.dng"
    plain = read_frame(source)
    assert OPCODES_LINEAR not in {entry.code for entry in plain.metadata.dng_tags}
    polynomials = unpacked(bytes(read_tiff_tags(source).values["OpcodeList2"])) or []
    assert [opcode.identifier for opcode in polynomials] == [8, 8, 8]
    height, width = plain.size
    area = struct.pack(">8I", 0, 0, height, width, 0, 3, 1, 1)
    grid = struct.pack(">2I4dI", 1, 1, 1, 1, 0, 0, 1) + struct.pack(">f", 1.5)
    gains = Opcode(9, 0x01030000, 1, area + grid)
    given = with_list(source, tmp_path / "a.dng", OPCODES_LINEAR, packed([*polynomials, gains]))
    frame = read_frame(given)
    assert np.array_equal(frame.normalized(), plain.normalized())
    pixels = np.repeat(np.repeat(frame.normalized(), scale, axis=0), scale, axis=1)
    write_picture(tmp_path / "result.dng", Picture.from_frame(frame, pixels, scale=scale))
    (kept,) = unpacked(bytes(read_tiff_tags(tmp_path / "result.dng").values["OpcodeList2"])) or []
    assert struct.unpack_from(">8I", kept.parameters) == (0, 0, scale * height, scale * width, 0, 3, 1, 1)
    assert kept.parameters[32:] == grid
    assert not caplog.records
    write(tmp_path / "result.tif", frame)
    assert "its corrections GainMap are not applied" in caplog.text


@pytest.mark.realdata
def test_of_a_lossy_raw_what_stands_before_its_polynomials_is_named(
    realdata: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = realdata / "raw" / "linear" / "canon_eos_6d_lossy.dng"
    polynomials = unpacked(bytes(read_tiff_tags(source).values["OpcodeList2"])) or []
    mixed = packed([Opcode(9, 0x01030000, 0, b""), *polynomials, Opcode(3, 0x01030000, 0, bytes(56))])
    frame = read_frame(with_list(source, tmp_path / "a.dng", OPCODES_LINEAR, mixed))
    write(tmp_path / "result.dng", frame)
    assert "its corrections GainMap do not hold for the result" in caplog.text
    carried = unpacked(bytes(read_tiff_tags(tmp_path / "result.dng").values["OpcodeList2"])) or []
    assert [opcode.identifier for opcode in carried] == [3]


def test_lens_corrections_hold_for_any_size(tmp_path: Path) -> None:
    """Warps and vignettes are told in fractions of the frame."""
    source, lens = tmp_path / "a.dng", opcodes(1, 3)
    write_source(source, (51022, "B", len(lens), lens, True))
    for scale in (1, 2):
        assert result(source, linear=True, scale=scale)[1]["OpcodeList3"] == lens


def test_pixels_that_are_not_square_stay_so_without_a_dng(make_frame: Any, tmp_path: Path) -> None:
    frame = make_frame(CFA.bayer("GRBG"))
    frame = replace(frame, metadata=replace(frame.metadata, pixel_aspect=1.5346))
    write_picture(tmp_path / "a.dng", Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa))
    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        assert raw.sizes.pixel_aspect == pytest.approx(1.5346)


@pytest.mark.slow
@EXIFTOOL
def test_exiftool_finds_nothing_wrong_with_all_of_them(tmp_path: Path) -> None:
    source = tmp_path / "a.dng"
    write_source(source, *FIRST.values(), *FRAME)
    result(source, linear=True, denoised=True)
    command = ["exiftool", "-validate", "-warning", "-error", "-a", str(tmp_path / "result.dng")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split(":")[1].strip() == "OK"
