"""What a source says of the shot is in results of every format, with exiftool and without it; exiftool judges."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, raw_frame
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.tags.carried import Carried, carried
from rcl_cli.raw.tags.exif import exif_of
from rcl_cli.raw.tags.exif_block import exif_block
from rcl_cli.raw.tags.tiff_tags import TiffTags, read_tiff_tags
from rcl_cli.raw.write import write

from ...needs import EXIFTOOL

PROGRAM = shutil.which("exiftool") or ""

TOLD = {
    "IFD0:Artist": "Ann Ö",
    "IFD0:Copyright": "© Ann",
    "IFD0:ModifyDate": "2024:05:06 07:08:09",
    "IFD0:Rating": 4,
    "IFD0:XPKeywords": "sea;sky",
    "ExifIFD:DateTimeOriginal": "2024:05:06 07:08:09",
    "ExifIFD:OffsetTimeOriginal": "+02:00",
    "ExifIFD:SubSecTimeOriginal": 42,
    "ExifIFD:FNumber": 2.8,
    "ExifIFD:FocalLength": 35,
    "ExifIFD:ISO": 800,
    "ExifIFD:ExposureTime": 0.005,
    "ExifIFD:ExposureCompensation": -0.5,
    "ExifIFD:Flash": 16,
    "ExifIFD:LensMake": "Acme",
    "ExifIFD:LensModel": "35/2.8",
    "ExifIFD:LensInfo": "35 35 2.8 2.8",
    "ExifIFD:SerialNumber": "SN1",
    "ExifIFD:LensSerialNumber": "L2",
    "ExifIFD:UserComment": "fine day",
    "GPS:GPSLatitude": 48.25,
    "GPS:GPSLatitudeRef": "N",
    "GPS:GPSLongitude": 11.5,
    "GPS:GPSLongitudeRef": "W",
    "GPS:GPSAltitude": 520,
    "GPS:GPSAltitudeRef": 1,
    "GPS:GPSDateStamp": "2024:05:06",
}
NOT_SAID = ("-ExifIFD:ExifImageWidth=9", "-ExifIFD:ColorSpace=1", "-ExifIFD:SubjectArea=1 2 3")


def tell(path: Path, *more: str) -> None:
    arguments = [f"-{name}={value}" for name, value in TOLD.items()]
    command = [PROGRAM, "-q", "-n", "-m", "-overwrite_original", *more, *arguments, *NOT_SAID, str(path)]
    subprocess.run(command, check=True)


def told(*paths: Path) -> list[dict[str, Any]]:
    command = [PROGRAM, "-j", "-n", "-G1", "-m", "-IFD0:all", "-ExifIFD:all", "-GPS:all", *map(str, paths)]
    found: list[dict[str, Any]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def without_exiftool(monkeypatch: pytest.MonkeyPatch) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *rest: None if name == "exiftool" else which(name, *rest))


def source(path: Path) -> Path:
    if path.suffix == ".dng":
        mosaic = np.random.default_rng(0).integers(500, 4000, (48, 64)).astype(np.uint16)
        write_dng(path, raw_frame(mosaic, "RGGB", black=64, white=4095, make="Acme", model="One", orientation=6))
    else:
        picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
        path.write_bytes(cv2.imencode(path.suffix, picture)[1].tobytes())
    return path


SOURCES = [(".dng", "II"), (".jpg", "II"), (".jpg", "MM"), (".png", "MM"), (".tif", "II"), (".webp", "MM")]


@EXIFTOOL
@pytest.mark.parametrize(
    ("suffix", "order", "with_exiftool"),
    [*((*one, False) for one in SOURCES), (".dng", "II", True), (".jpg", "MM", True)],
)
def test_the_shot_is_told_in_every_format(
    suffix: str, order: str, with_exiftool: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = source(tmp_path / f"source{suffix}")
    tell(given, f"-ExifByteOrder={order}", "-IFD0:Make=Acme", "-IFD0:Model=One")
    if not with_exiftool:
        without_exiftool(monkeypatch)
    made = [tmp_path / f"result{suffix}" for suffix in (".dng", ".tif", ".jpg", ".png")]
    for path in made:
        write(path, read_frame(given))
    for path, found in zip(made, told(*made), strict=True):
        assert {name: found.get(name) for name in TOLD} == TOLD, path
        assert (found["IFD0:Make"], found["IFD0:Model"]) == ("Acme", "One")
        assert "ExifIFD:SubjectArea" not in found or with_exiftool
        assert found.get("ExifIFD:ExifImageWidth") != 9


@EXIFTOOL
def test_what_is_written_without_exiftool_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for ratings, which are Microsoft's tags."""
    given = source(tmp_path / "source.dng")
    tell(given)
    subprocess.run([PROGRAM, "-q", "-overwrite_original", "-IFD0:Rating=", str(given)], check=True)
    frame = read_frame(given)
    without_exiftool(monkeypatch)
    for suffix in (".dng", ".tif", ".jpg", ".png"):
        write(tmp_path / f"result{suffix}", frame)
        command = [PROGRAM, "-validate", "-warning", "-error", "-a", str(tmp_path / f"result{suffix}")]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        wrong = [line for line in said if not line.startswith("Validate") and "Missing required" not in line]
        assert not wrong, suffix
        assert suffix != ".dng" or [line.partition(": ")[2] for line in said] == ["OK"]


@EXIFTOOL
def test_a_caption_goes_before_the_note(tmp_path: Path) -> None:
    given = source(tmp_path / "a.jpg")
    subprocess.run([PROGRAM, "-q", "-overwrite_original", "-ImageDescription=At sea", str(given)], check=True)
    for note, said in (("denoised", "At sea (denoised)"), ("", "At sea")):
        tags = _read(exif_block(Metadata(path=given), 1, note))
        assert tags.first["ImageDescription"] == said


@EXIFTOOL
@pytest.mark.parametrize(
    "told", ["sr by rcl with mine (2x)", "At sea (sr by rcl with mine, strength 0.5)", '{"shape": [2, 2]}']
)
def test_our_own_note_and_what_programs_tell_themselves_are_no_caption(told: str, tmp_path: Path) -> None:
    given = source(tmp_path / "a.jpg")
    subprocess.run([PROGRAM, "-q", "-overwrite_original", f"-ImageDescription={told}", str(given)], check=True)
    tags = _read(exif_block(Metadata(path=given), 1, "denoised"))
    assert tags.first["ImageDescription"] == ("At sea (denoised)" if told.startswith("At sea") else "denoised")


@EXIFTOOL
@pytest.mark.parametrize(("iso", "exposure_s"), [(800.0, 0.005), (800.0, 0.00501), (3200.0, 0.5), (102400.0, 30.0)])
def test_iso_and_exposure_are_those_of_the_frame(iso: float, exposure_s: float, tmp_path: Path) -> None:
    """The source's where they are the same; others, which somebody has corrected, go before the source's."""
    given = source(tmp_path / "a.jpg")
    tell(given, "-ExifIFD:ShutterSpeedValue=0.005", "-ExifIFD:RecommendedExposureIndex=800")
    found = exif_of(_read(exif_block(Metadata(path=given, iso=iso, exposure_s=exposure_s), 1, "")))
    assert found.iso == iso
    assert found.exposure_s == pytest.approx(exposure_s, rel=0.01)


def _read(block: bytes) -> TiffTags:
    return read_tiff_tags(BytesIO(block))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0" + b"\xff" * 200,
        b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0",  # its EXIF directory is itself
        b"MM\0*\0\0\0\x08\0\x02\x82\x9a\0\x05\xff\xff\xff\xff\0\0\0\0" + b"\x82\x9d\0\x05\0\0\0\x01\0\xff\xff\xff",
        b"RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\xff",
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf",
    ],
)
def test_damaged_sources_tell_nothing_and_end(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    assert carried(tmp_path / "a") == Carried()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_no_source_and_a_source_that_is_no_file_tell_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (None, tmp_path, tmp_path / "gone", tmp_path / "pipe"):
        assert carried(path) == Carried()


@EXIFTOOL
@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["exiftool_CanonRaw.cr3", "exiftool_FujiFilm.raf", "exiftool_Minolta.mrw", "exiftool_Panasonic.rw2"]
)
def test_makers_formats_tell_it_too(name: str, realdata: Path) -> None:
    path = realdata / "raw" / "bad" / name
    ours = _read(exif_block(Metadata(path=path), 1, "")).exif
    (theirs,) = told(path)
    for tag in ("FNumber", "FocalLength", "DateTimeOriginal"):
        value = ours[tag]
        assert (value if isinstance(value, str) else value[0] / value[1]) == theirs[f"ExifIFD:{tag}"]


@pytest.mark.realdata
def test_a_time_that_is_not_set_is_not_carried(realdata: Path) -> None:
    """The raw has both tags, and nothing in them."""
    path = realdata / "raw" / "bayer" / "canon-eos-kiss-x4_colorchart.dng"
    assert read_tiff_tags(path).first["DateTime"] == read_tiff_tags(path).exif["DateTimeOriginal"] == ""
    made = _read(exif_block(Metadata(path=path), 1, ""))
    assert "DateTimeOriginal" not in made.exif
    assert "DateTime" not in made.first


@pytest.mark.realdata
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_raws_without_exif_tell_what_is_decoded(
    zone: str, realdata: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Canon's CRW; its time is the camera's, wherever this computer is."""
    if not hasattr(time, "tzset"):
        pytest.skip("the zone cannot be set here")
    path = realdata / "raw" / "bayer" / "canon-powershot-g2_CRW_0304.CRW"
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        copied = Path(shutil.copyfile(path, tmp_path / path.name))
        ours = _read(exif_block(Metadata(path=copied), 1, "")).exif
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert ours["DateTimeOriginal"] == "2022:01:20 08:13:24"  # as exiftool prints it
    assert ours["FNumber"] == (4, 1)
    assert ours["FocalLength"] == (7, 1)
