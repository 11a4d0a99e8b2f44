"""DNGs of ours, judged by LibRaw, tifffile and exiftool."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rawpy
import tifffile

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import BAYER_PHASES, CFA
from rcl_cli.raw.develop import camera_to_srgb
from rcl_cli.raw.dng.values import stored_levels
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame, RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.record import Record
from rcl_cli.raw.tags.ifd import text
from rcl_cli.raw.write import write_picture

from ...needs import EXIFTOOL
from ..conftest import MakeFrame

CFAS = [CFA.bayer(phase) for phase in BAYER_PHASES] + [CFA.xtrans(), CFA.xtrans(1, 2), CFA.xtrans(4, 3)]

RECORD = Record("denoise", "mine", "0123456789ab")


@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: "-".join(cfa.rows))
def test_libraw_reads_back_the_exact_dn_and_all_that_was_said(
    cfa: CFA, make_frame: MakeFrame, metadata: Metadata, tmp_path: Path
) -> None:
    written, path = make_frame(cfa), tmp_path / "frame.dng"
    write_dng(path, written)
    with rawpy.imread(str(path)) as raw:
        letters = raw.color_desc.decode()
        colors = [[letters[c] for c in row] for row in raw.raw_colors_visible[: cfa.period, : cfa.period]]
        assert tuple("".join(row) for row in colors) == cfa.rows
        assert np.array_equal(raw.raw_image_visible, written.mosaic)
        assert raw.white_level == 4095
        assert raw.black_level_per_channel == [256] * 4
        assert raw.color_matrix[:, :3] == pytest.approx(camera_to_srgb(metadata), abs=1e-3)
        assert raw.camera_whitebalance[:3] == pytest.approx([2.0, 1.0, 1.6], rel=1e-5)
        assert raw.sizes.flip == 6
        assert raw.other.iso_speed == 800
        assert raw.other.shutter_speed == pytest.approx(1 / 250)
    read = read_frame(path)
    assert isinstance(read, RawFrame)
    assert read.cfa == cfa
    assert read.metadata.xyz_to_camera == pytest.approx(metadata.xyz_to_camera, abs=1e-6)
    assert (read.metadata.make, read.metadata.model, read.metadata.orientation) == ("Tester", "Tester One", 6)
    assert read.metadata.noise_profile is not None
    assert read.metadata.noise_profile.shot == pytest.approx((0.01, 0.03, 0.03, 0.05))
    assert read.metadata.noise_profile.read == pytest.approx((1e-5, 3e-5, 3e-5, 5e-5))


@pytest.mark.parametrize("phase", BAYER_PHASES)
def test_black_levels_stay_with_their_planes(phase: str, make_frame: MakeFrame, tmp_path: Path) -> None:
    written = make_frame(CFA.bayer(phase), (250.0, 251.0, 252.0, 253.0))
    write_dng(tmp_path / "frame.dng", written)
    read = read_frame(tmp_path / "frame.dng")
    assert isinstance(read, RawFrame)
    assert read.black_level == written.black_level
    assert np.array_equal(read.normalized(), written.normalized())


def test_black_levels_of_xtrans_have_one_green(make_frame: MakeFrame, tmp_path: Path) -> None:
    write_dng(tmp_path / "frame.dng", make_frame(CFA.xtrans(2, 1), (250.0, 251.0, 251.0, 253.0)))
    read = read_frame(tmp_path / "frame.dng")
    assert isinstance(read, RawFrame)
    assert read.black_level == (250.0, 251.0, 251.0, 253.0)


def test_normalized_follows_its_definition_pixel_by_pixel(make_frame: MakeFrame) -> None:
    frame = make_frame(CFA.bayer("GBRG"), (250.0, 251.0, 252.0, 253.0))
    black = np.array(frame.black_level)[frame.cfa.planes(*frame.mosaic.shape)]
    expected = (frame.mosaic - black) / (4095 - black)
    assert frame.normalized() == pytest.approx(expected, rel=1e-6)
    assert frame.normalized().min() < 0


@pytest.mark.parametrize("black", [0.0, 256.0])
@pytest.mark.parametrize("cfa", [CFA.bayer("GRBG"), CFA.xtrans(1, 2)], ids=["Bayer", "X-Trans"])
def test_a_mosaic_keeps_its_negative_noise_and_its_fine_steps(
    cfa: CFA, black: float, make_frame: MakeFrame, tmp_path: Path
) -> None:
    frame = make_frame(cfa, (black,) * 4)
    mosaic = np.random.default_rng(1).uniform(-0.05, 1, frame.mosaic.shape).astype(np.float32)
    write_picture(tmp_path / "result.dng", Picture.from_frame(frame, mosaic, cfa=cfa, denoised=True))
    read = read_frame(tmp_path / "result.dng")
    assert isinstance(read, RawFrame)
    assert np.abs(read.normalized() - mosaic).max() <= 0.5 / (65535 - 4096) * 1.01


def test_a_linear_dng_reads_back_as_the_same_camera_rgb(make_frame: MakeFrame, tmp_path: Path) -> None:
    frame = make_frame(CFA.bayer("RGGB"))
    rgb = np.random.default_rng(2).uniform(0, 1, (51, 63, 3)).astype(np.float32)
    write_picture(tmp_path / "result.dng", Picture.from_frame(frame, rgb))
    read = read_frame(tmp_path / "result.dng")
    assert isinstance(read, RgbFrame)
    assert read.camera_rgb
    assert np.abs(read.rgb - rgb).max() <= 0.5 / 65535 * 1.01
    assert read.metadata.white_balance == pytest.approx((2.0, 1.0, 1.6), rel=1e-5)


def test_a_result_says_that_it_is_denoised_and_drops_the_old_noise(make_frame: MakeFrame, tmp_path: Path) -> None:
    frame = make_frame(CFA.bayer("RGGB"))
    picture = Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa, denoised=True, record=RECORD)
    write_picture(tmp_path / "result.dng", picture)
    with tifffile.TiffFile(tmp_path / "result.dng") as tiff:
        first = tiff.pages.first
        assert first.tags["ImageDescription"].value == RECORD.words
        assert first.tags["NoiseReductionApplied"].value == (1, 1)
        assert "NoiseProfile" not in first.tags
        assert first.tags["UniqueCameraModel"].value == "Tester One"


def test_the_noise_profile_stands_with_the_raw(make_frame: MakeFrame, tmp_path: Path) -> None:
    """Of a frame and of results alike, mosaic or RGB; DNG 1.4 wants it in the raw's own directory."""
    frame = make_frame(CFA.bayer("RGGB"))
    profile = frame.metadata.noise_profile
    rgb = np.full((51, 63, 3), 0.5, np.float32)
    write_dng(tmp_path / "frame.dng", frame)
    mosaic = Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa, noise_profile=profile)
    write_picture(tmp_path / "mosaic.dng", mosaic)
    write_picture(tmp_path / "linear.dng", Picture.from_frame(frame, rgb, noise_profile=profile))
    for name in ("frame", "mosaic", "linear"):
        with tifffile.TiffFile(tmp_path / f"{name}.dng") as tiff:
            first = tiff.pages.first
            assert "NoiseProfile" not in first.tags
            assert first.pages is not None
            numbers = first.pages.first.tags["NoiseProfile"].value
        assert numbers == pytest.approx((0.01, 1e-5, 0.03, 3e-5, 0.05, 5e-5))
        found = read_frame(tmp_path / f"{name}.dng").metadata.noise_profile
        assert found is not None
        assert found.shot == pytest.approx((0.01, 0.03, 0.03, 0.05))


def test_a_dng_is_parsed_once_and_not_again_to_write(
    make_frame: MakeFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tags go into the result also where the source is gone meanwhile."""
    path = tmp_path / "source.dng"
    frame = make_frame(CFA.bayer("RGGB"))
    frame = replace(frame, metadata=replace(frame.metadata, dng_tags=(text(50735, "SN123"),)))
    write_picture(path, Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa))
    opened = []
    parse = tifffile.TiffFile

    def counted(source: Any) -> tifffile.TiffFile:
        opened.append(source)
        return parse(source)

    monkeypatch.setattr("tifffile.TiffFile", counted)
    read = read_frame(path)
    assert isinstance(read, RawFrame)
    path.unlink()
    write_picture(tmp_path / "result.dng", Picture.from_frame(read, read.normalized(), cfa=read.cfa))
    assert opened == [path]
    monkeypatch.undo()
    with tifffile.TiffFile(tmp_path / "result.dng") as tiff:
        assert tiff.pages.first.tags["CameraSerialNumber"].value == "SN123"


def test_the_preview_shows_the_new_pixels(make_frame: MakeFrame, tmp_path: Path) -> None:
    frame = make_frame(CFA.bayer("RGGB"))
    bright_below = np.zeros((51, 63), np.float32)
    bright_below[25:] = 1
    write_picture(tmp_path / "result.dng", Picture.from_frame(frame, bright_below, cfa=frame.cfa))
    with rawpy.imread(str(tmp_path / "result.dng")) as raw:
        jpeg = np.frombuffer(raw.extract_thumb().data, np.uint8)
    shown = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    assert shown is not None
    # As stored: the orientation tag, 6 here, turns it together with the raw.
    assert shown.shape == (26, 32)
    assert shown[:11].max() < 16
    assert shown[15:].min() > 240


@pytest.mark.parametrize("white", [255.0, 1023.0, 4095.0, 15000.0, 16383.0, 65535.0])
def test_levels_grow_together_and_fit_16_bits(white: float) -> None:
    picture = Picture(np.zeros((2, 2), np.float32), CFA.bayer("RGGB"), (8.0, 9.0, 10.0, 11.0), white)
    black, stored = stored_levels(picture)
    assert 32768 <= stored <= 65535 or stored == white
    assert np.array(black) / stored == pytest.approx(np.array(picture.black_level) / white)


@pytest.mark.realdata
def test_libraw_renders_our_dng_of_a_real_raw_like_the_raw(realdata: Path, tmp_path: Path) -> None:
    source = realdata / "raw/bayer/canon-powershot-s40_CRW_0104.CRW"
    frame = read_frame(source)
    assert isinstance(frame, RawFrame)
    # Without the path, exiftool has nothing to copy: what is compared is the writer's own.
    frame = replace(frame, metadata=replace(frame.metadata, path=None))
    write_picture(tmp_path / "result.dng", Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa))
    before, after = (render(path) for path in (source, tmp_path / "result.dng"))
    assert before.shape == after.shape
    assert np.abs(before.astype(int) - after).max() <= 1


def render(path: Path) -> np.ndarray:
    with rawpy.imread(str(path)) as raw:
        return np.array(raw.postprocess(use_camera_wb=True, no_auto_bright=True, half_size=True))


@EXIFTOOL
@pytest.mark.parametrize("cfa", [CFA.bayer("GBRG"), CFA.xtrans(1, 2), None], ids=["Bayer", "X-Trans", "linear"])
def test_exiftool_finds_nothing_wrong(cfa: CFA | None, make_frame: MakeFrame, tmp_path: Path) -> None:
    frame = make_frame(cfa or CFA.bayer("RGGB"), (250.0, 251.0, 251.0, 253.0))
    pixels = frame.normalized() if cfa else np.zeros((51, 63, 3), np.float32)
    profile = frame.metadata.noise_profile
    picture = Picture.from_frame(frame, pixels, cfa=cfa, noise_profile=profile, denoised=True, record=RECORD)
    write_picture(tmp_path / "result.dng", picture)
    command = ["exiftool", "-validate", "-warning", "-error", "-a", str(tmp_path / "result.dng")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split(":")[1].strip() == "OK"


@pytest.mark.slow
@EXIFTOOL
def test_exiftool_finds_an_iso_beyond_16_bits(make_frame: MakeFrame, tmp_path: Path) -> None:
    frame = make_frame(CFA.bayer("RGGB"))
    write_dng(tmp_path / "a.dng", replace(frame, metadata=replace(frame.metadata, iso=204800.0)))
    assert read_frame(tmp_path / "a.dng").metadata.iso == 204800
    command = ["exiftool", "-s3", "-n", "-ISO", "-RecommendedExposureIndex", "-validate", str(tmp_path / "a.dng")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["65535", "204800", "0", "0", "0"]


@pytest.mark.slow
@EXIFTOOL
@pytest.mark.realdata
def test_exiftool_copies_the_shot_and_leaves_the_structure(realdata: Path, tmp_path: Path) -> None:
    frame = read_frame(realdata / "raw/bayer/canon-powershot-s40_CRW_0104.CRW")
    assert isinstance(frame, RawFrame)
    frame = replace(frame, mosaic=frame.mosaic[:200, :300])
    write_picture(tmp_path / "result.dng", Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa))
    read = read_frame(tmp_path / "result.dng")
    assert isinstance(read, RawFrame)
    assert np.abs(read.normalized() - frame.normalized()).max() < 1e-6
    command = ["exiftool", "-s3", "-DateTimeOriginal", "-FNumber", str(tmp_path / "result.dng")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split("\n")[:2] == ["2021:04:08 14:52:20", "2.9"]


def test_an_existing_file_is_kept(make_frame: MakeFrame, tmp_path: Path) -> None:
    path = tmp_path / "frame.dng"
    path.write_bytes(b"precious")
    with pytest.raises(FileError, match="exists"):
        write_dng(path, make_frame(CFA.bayer("RGGB")))
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]
