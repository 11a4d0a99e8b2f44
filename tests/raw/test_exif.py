"""Make, model and shot, wherever a file keeps them; what is printed meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rcl_cli.raw.exif import read_exif
from rcl_cli.raw.exif_block import exif_block
from rcl_cli.raw.frame import Metadata
from rcl_cli.raw.libraw import open_raw


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
