"""Reading raws: the real ones by the levels their README gives, damaged ones by a sentence each."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import rawpy
import tifffile

from rcl_cli.errors import FileError
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.metadata import plausible_gains, read_metadata
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.sensor import refuse_monochrome

S40 = ("Canon PowerShot S40", (1720, 2312), "RGGB", 32, 1023, 50)
DC120 = "Kodak DC120 ZOOM Digital Camera"
DC50 = ("Kodak Digital Science DC50 Zoom Camera", (512, 768), "GRBG", 0, 16383, 84)
QUICKTAKE_150 = ("Apple QuickTake 150", (480, 640), "GRBG", 0, 16383, None)
BAYER = {
    "canon-powershot-s40_CRW_0101.CRW": S40,
    "canon-powershot-s40_CRW_0104.CRW": S40,
    "canon-powershot-s40_CRW_0112.CRW": S40,
    "canon-powershot-s40_CRW_0119.CRW": S40,
    "canon-powershot-g2_CRW_0304.CRW": ("Canon PowerShot G2", *S40[1:]),
    "canon-eos-kiss-x4_colorchart.dng": ("Canon EOS Kiss X4", (1156, 1734), "RGGB", 2056, 15000, None),
    "kodak-dc120_P003908.KDC": (DC120, (976, 848), "GRBG", 0, 255, 160),
    "kodak-dc120_P003911.KDC": (DC120, (976, 848), "GRBG", 0, 510, 160),
    "kodak-dc50_DC0008L.KDC": DC50,
    "kodak-dc50_DC0011M.KDC": DC50,
    "apple-quicktake100_Image__1.qtk": ("Apple QuickTake 100", (480, 640), "GRBG", 0, 1023, None),
    "apple-quicktake100_IMAGE01.QTK": ("Apple QuickTake 100", (240, 320), "GRBG", 0, 1023, None),
    "apple-quicktake150_raw_Image_04.qtk": QUICKTAKE_150,
    "apple-quicktake150_raw_Image_08.qtk": QUICKTAKE_150,
}


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "expected"), BAYER.items())
def test_real_bayer_raws(realdata: Path, name: str, expected: tuple[object, ...]) -> None:
    frame = read_frame(realdata / "raw/bayer" / name)
    assert isinstance(frame, RawFrame)
    black, _, _, _ = frame.black_level
    metadata = frame.metadata
    assert (metadata.camera, frame.mosaic.shape, frame.cfa.name, black, frame.white_level, metadata.iso) == expected
    assert set(frame.black_level) == {black}
    assert frame.mosaic.dtype == np.uint16
    assert frame.mosaic.base is None


@pytest.mark.realdata
def test_every_bayer_raw_is_in_the_table(realdata: Path) -> None:
    assert {path.name for path in (realdata / "raw/bayer").iterdir()} == set(BAYER)


@pytest.mark.realdata
def test_white_balance_and_matrix_come_from_the_tags_where_libraw_is_silent(realdata: Path) -> None:
    metadata = read_metadata(realdata / "raw/bayer/canon-eos-kiss-x4_colorchart.dng")
    # Tags AsShotNeutral 1, 2.477, 1.462 and ColorMatrix1 as exiftool prints them.
    assert metadata.white_balance == pytest.approx((2.477, 1, 2.477 / 1.462), rel=1e-4)
    assert metadata.xyz_to_camera is not None
    assert metadata.xyz_to_camera[0] == pytest.approx([0.6461, -0.1164, -0.0857])


@pytest.mark.realdata
def test_a_linear_dng_reads_as_camera_rgb_with_its_noise_profile(realdata: Path) -> None:
    frame = read_frame(realdata / "raw/linear/canon_eos_6d_lossy.dng")
    assert isinstance(frame, RgbFrame)
    assert (frame.rgb.shape, frame.camera_rgb, frame.transfer) == ((816, 1224, 3), True, "linear")
    noise = frame.metadata.noise_profile
    assert noise is not None
    # As exiftool prints them.
    assert noise.shot == pytest.approx((3.31406676e-05, 3.27799499e-05, 3.27799499e-05, 3.25789364e-05))
    assert noise.read[:2] == pytest.approx((9.21300685e-08, 9.28076816e-08))


@pytest.mark.realdata
def test_metadata_of_a_raw_whose_pixels_cannot_be_decoded(realdata: Path) -> None:
    path = realdata / "raw/undecodable/gopro-hero7_GOPR8508.GPR"
    metadata = read_metadata(path)
    assert (metadata.camera, metadata.iso) == ("GoPro HERO7 Black", 267)
    assert metadata.exposure_s == pytest.approx(1 / 240)
    assert metadata.noise_profile is not None
    assert metadata.noise_profile.shot == pytest.approx((4.1706e-4,) * 4, rel=1e-4)
    assert metadata.noise_profile.read == pytest.approx((1.3030e-7,) * 4, rel=1e-4)
    with pytest.raises(FileError):
        read_frame(path)


@pytest.mark.realdata
@pytest.mark.parametrize("folder", ["bad", "headless", "nonbayer", "undecodable"])
def test_what_cannot_be_read_is_told_in_one_sentence(
    realdata: Path, folder: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in sorted((realdata / "raw" / folder).iterdir()):
        with pytest.raises(FileError) as told:
            read_frame(path)
        assert "\n" not in told.value.reason
        assert told.value.path == path
    assert capfd.readouterr() == ("", "")


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("bad/jpeg_named.nef", "JPEG"),
        ("bad/exiftool_DNG.dng", "pixel data is missing"),
        ("bad/exiv2_IMG_1361.dng", "cut short: of at least 29195592 bytes 64104 are there"),
        ("bad/exiftool_Panasonic.rw2", "zeros"),
        ("headless/openisp_1920x1080_rggb_10bit_in_u16le.raw", "no header"),
    ],
)
def test_the_sentence_names_what_is_wrong(realdata: Path, name: str, word: str) -> None:
    with pytest.raises(FileError, match=word):
        read_frame(realdata / "raw" / name)


@pytest.mark.parametrize(("content", "word"), [(b"", "empty"), (b"plain text", "neither a raw nor a picture")])
def test_files_that_are_no_pictures(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "file.png"
    path.write_bytes(content)
    with pytest.raises(FileError, match=word):
        read_frame(path)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        read_frame(tmp_path / "gone.dng")
    with pytest.raises(FileError, match="folder, pipe or device"):
        read_frame(tmp_path)


def test_a_monochrome_dng_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mono.dng"
    values = np.full((40, 60), 1000, np.uint16)
    version = (50706, "B", 4, (1, 4, 0, 0), True)
    tifffile.imwrite(path, values, photometric="minisblack", extratags=[version], metadata=None)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags["PhotometricInterpretation"].overwrite(34892)
    with pytest.raises(FileError, match="monochrome"):
        read_frame(path)


@pytest.mark.parametrize(
    ("multipliers", "gains"),
    [
        ([2.0, 1.0, 1.5, 0.0], (2.0, 1.0, 1.5)),
        ([1690.0, 1043.0, 1622.0, 1043.0], (1690 / 1043, 1.0, 1622 / 1043)),
        ([0.0, 1.0, 0.0, 0.0], None),
        ([100.0, 1.0, 1.0, 1.0], None),
        ([float("nan"), 1.0, 1.0, 1.0], None),
    ],
)
def test_gains_that_no_light_needs_are_ignored(multipliers: list[float], gains: tuple[float, ...] | None) -> None:
    assert plausible_gains(multipliers) == gains


def test_a_pattern_that_rawpy_does_not_know_is_refused(tmp_path: Path) -> None:
    class Raw:
        num_colors = 3

        @property
        def raw_pattern(self) -> None:
            raise NotImplementedError("filters: 4")

    with pytest.raises(FileError, match="pattern other than"):
        refuse_monochrome(tmp_path / "a.rw2", cast("rawpy.RawPy", Raw()))
