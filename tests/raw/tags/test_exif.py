"""Make, model and shot, wherever a file keeps them; what is printed meanwhile."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import Metadata
from rcl_cli.raw.libraw import open_raw
from rcl_cli.raw.pictures.png import encode_png, exif_chunk
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.tags.carried import EXIF_POINTER
from rcl_cli.raw.tags.exif import Exif, exif_of
from rcl_cli.raw.tags.exif import read_exif as read_exif_of
from rcl_cli.raw.tags.exif_block import exif_block
from rcl_cli.raw.tags.ifd import directory, longs, shorts
from rcl_cli.raw.tags.tiff_tags import TiffTags, read_tiff_tags

from ...needs import EXIFTOOL
from ..dng.dng_files import numbers, write_dng_file


def read_exif(path: Path) -> Exif:
    return read_exif_of(path, read_tiff_tags(path))


@pytest.mark.slow
@pytest.mark.realdata
@EXIFTOOL
def test_exiftool_reads_the_same_of_every_file(realdata: Path) -> None:
    """Of what exiftool finds in IFD 0 and in the EXIF directory; the maker's own tags are LibRaw's to read."""
    suffixes = {".jpg", ".jpeg", ".png", ".tif", ".tiff"}
    files = [path for path in (realdata / "raw").rglob("*") if path.is_file()]
    pictures = [*realdata.glob("rgb/**/*"), *realdata.glob("paired/**/*")]
    files += [path for path in pictures if path.suffix.lower() in suffixes]
    wanted = ["-Make", "-Model", "-ISO", "-ExposureTime", "-Orientation"]
    command = ["exiftool", "-j", "-n", "-m", "-q", "-q", "-G1", "-a", *wanted, *map(str, files)]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    assert len(said) == len(files) > 400
    compared = 0
    for path, theirs in zip(files, said, strict=True):
        ours = read_exif(path)
        group = "CanonRaw" if "CanonRaw:Make" in theirs else "IFD0"
        make = theirs.get(f"{group}:Make", "")
        if "issue" in path.name:  # files made to crash readers: their names are rubbish
            continue
        if make or ours.make != "Apple":  # QuickTakes are known by their first bytes
            assert (ours.make, ours.model) == (make, theirs.get(f"{group}:Model", "")), path
        assert ours.orientation == theirs.get("IFD0:Orientation", 1), path
        if ours.iso is not None:
            assert ours.iso == theirs["ExifIFD:ISO"], path
        elif path.suffix.lower() not in (".cr3", ".rw2"):  # these keep it apart from the camera's name
            assert theirs.get("ExifIFD:ISO", 0) == 0, path
        exposure = theirs.get("ExifIFD:ExposureTime", theirs.get("IFD0:ExposureTime", 0))
        if ours.exposure_s is not None or path.suffix.lower() != ".cr3":
            assert (ours.exposure_s or 0) == pytest.approx(exposure, rel=1e-6), path
        compared += bool(theirs)
    assert compared > 60


@pytest.mark.parametrize("iso", [100.0, 65534.0, 65535.0, 102400.0, 409600.0])
def test_an_iso_beyond_16_bits_is_written_and_read(iso: float) -> None:
    block = exif_block(Metadata(make="Tester", iso=iso), 1, "")
    assert exif_of(read_tiff_tags(BytesIO(block))).iso == iso


@pytest.mark.parametrize(
    ("exif", "iso"),
    [
        ({"ISOSpeedRatings": 400, "RecommendedExposureIndex": 320}, 400),
        ({"ISOSpeedRatings": 65535, "SensitivityType": 2, "RecommendedExposureIndex": 102400}, 102400),
        ({"ISOSpeedRatings": 65535, "SensitivityType": 1, "StandardOutputSensitivity": 80000, "ISOSpeed": 9}, 80000),
        ({"ISOSpeedRatings": 65535, "SensitivityType": 3, "RecommendedExposureIndex": 1, "ISOSpeed": 70000}, 70000),
        ({"RecommendedExposureIndex": 320}, 320),
        ({"ISOSpeedRatings": 0, "ISOSpeed": 70000}, 70000),
        ({"ISOSpeedRatings": 65535}, 65535),
        ({"ISOSpeedRatings": (200, 0)}, 200),
        ({"ISOSpeedRatings": "nonsense"}, None),
    ],
)
def test_the_iso_is_read_where_it_is(exif: dict[str, object], iso: float | None) -> None:
    assert exif_of(TiffTags(exif=exif)).iso == iso


@pytest.mark.parametrize(
    ("exif", "iso"),
    [
        ([(34855, 3, 1, 65535), (34864, 3, 1, 2), (34866, 4, 1, 102400)], 102400),
        ([(34864, 3, 1, 1), (34865, 4, 1, 80000)], 80000),  # LibRaw knows none
        ([(34855, 4, 1, 204800)], 204800),  # of which LibRaw keeps 16 bits
        ([(34855, 3, 1, 100), (34864, 3, 1, 2), (34866, 4, 1, 80)], 100),
    ],
)
@pytest.mark.parametrize("place", ["EXIF directory", "IFD 0"])
def test_a_raw_s_iso_is_exif_s_where_libraw_s_is_too_small(
    exif: list[tuple[int, int, int, int]], iso: float, place: str, tmp_path: Path
) -> None:
    path, mosaic = tmp_path / "a.dng", np.full((40, 60), 2000, np.uint16)
    if place == "IFD 0":
        write_dng_file(path, mosaic, *((*tag, True) for tag in exif), cfa=CFA.bayer("RGGB"))
    else:
        # tifffile leaves the pointer to an EXIF directory out, so it is told one of the next lower code.
        write_dng_file(path, mosaic, numbers(EXIF_POINTER - 1, 2**24), cfa=CFA.bayer("RGGB"))
        pointer, written = struct.Struct("<HHII"), path.read_bytes()
        made, wanted = (EXIF_POINTER - 1, 4, 1, 2**24), (EXIF_POINTER, 4, 1, len(written))
        entries = [{3: shorts, 4: longs}[kind](code, value) for code, kind, _, value in exif]
        changed = written.replace(pointer.pack(*made), pointer.pack(*wanted))
        path.write_bytes(changed + directory(entries, len(written)))
    assert read_frame(path).metadata.iso == iso


def test_a_png_s_exif_may_stand_behind_its_pixels(tmp_path: Path) -> None:
    png = encode_png(np.zeros((4, 4, 3), np.uint8))
    chunk = exif_chunk(exif_block(Metadata(make="Tester", iso=320), 6, ""))
    (tmp_path / "a.png").write_bytes(png[:-12] + chunk + png[-12:])
    exif = read_exif(tmp_path / "a.png")
    assert (exif.make, exif.iso, exif.orientation) == ("Tester", 320, 6)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "make", "model"),
    [
        ("bayer/canon-powershot-g2_CRW_0304.CRW", "Canon", "Canon PowerShot G2"),
        ("bayer/apple-quicktake150_raw_Image_04.qtk", "Apple", "QuickTake 150"),
        ("bayer/kodak-dc50_DC0008L.KDC", "Eastman Kodak Company", "Kodak Digital Science DC50 Zoom Camera"),
        ("bad/exiftool_CanonRaw.cr3", "Canon", "Canon EOS M50"),
        ("bad/exiftool_FujiFilm.raf", "FUJIFILM", "FinePix S5Pro"),
        ("bad/exiftool_Minolta.mrw", "Konica Minolta Camera, Inc.", "DiMAGE A2"),
        ("bad/exiftool_SigmaDP2.x3f", "SIGMA", "SIGMA DP2"),
        ("bad/exiftool_Panasonic.rw2", "Panasonic", "DMC-LX3"),
        ("bad/jpeg_named.nef", "NIKON CORPORATION", "NIKON D70s"),
    ],
)
def test_makers_hide_it_in_different_places(realdata: Path, name: str, make: str, model: str) -> None:
    exif = read_exif(realdata / "raw" / name)
    assert (exif.make, exif.model) == (make, model)


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS 6D", "Canon EOS 6D"),
        ("SONY", "ILCE-7M3", "SONY ILCE-7M3"),
        ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
        ("Eastman Kodak Company", "Kodak DC120", "Kodak DC120"),
        ("FUJIFILM", "X-T2", "FUJIFILM X-T2"),
        ("", "", ""),
        ("Maker", "", "Maker"),
    ],
)
def test_the_camera_s_name_does_not_say_its_maker_twice(make: str, model: str, camera: str) -> None:
    assert Metadata(make=make, model=model).camera == camera


def test_an_exif_block_is_found_inside_other_files(tmp_path: Path) -> None:
    block = exif_block(Metadata(make="Tester", model="One", iso=320, exposure_s=1 / 60), 8, "")
    (tmp_path / "file.raf").write_bytes(b"FUJIFILMCCD-RAW " + bytes(200) + b"Exif\0\0" + block + bytes(500))
    exif = read_exif(tmp_path / "file.raf")
    assert (exif.make, exif.model, exif.iso, exif.orientation) == ("Tester", "One", 320, 8)
    assert exif.exposure_s == pytest.approx(1 / 60)


@pytest.mark.parametrize(
    "content", [b"", b"II\x1a\0\0\0HEAPCCDR", b"II\x1a\0\0\0HEAPCCDR" + b"\xff" * 50, b"II*\0" * 9]
)
def test_damaged_files_say_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    exif = read_exif(tmp_path / "file")
    assert (exif.make, exif.model, exif.iso, exif.orientation) == ("", "", None, 1)


@pytest.mark.realdata
def test_libraw_is_kept_quiet_and_others_are_heard(
    realdata: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def open_and_shout(self: object, path: str) -> None:
        os.write(2, b"file.crw: Unexpected end of file\nanother thread speaks\nfile.nef: data corrupted at 12\n")

    class Raw:
        open_file = open_and_shout

        def unpack(self) -> None: ...
        def close(self) -> None: ...

    monkeypatch.setattr("rawpy.RawPy", Raw)
    with open_raw(realdata / "any.crw"):
        pass
    assert capfd.readouterr().err == "another thread speaks\n"
