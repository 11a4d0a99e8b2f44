"""A picture that is read and written keeps what it was: values, kind, profile, transparency, resolution."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import OpenEXR
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from rcl_cli.errors import FileError
from rcl_cli.raw.frame import Metadata, RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.pictures.icc import make_profile
from rcl_cli.raw.pictures.tone import LINEAR, Power
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write_picture

from ...needs import EXIFTOOL, lacks_program

RNG = np.random.default_rng(0)
VALUES = RNG.integers(0, 256, (40, 56, 3)).astype(np.uint8)
FOUR = np.concatenate([VALUES, RNG.integers(0, 256, (40, 56, 1)).astype(np.uint8)], axis=-1)
P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.3290)
PROFILES = {
    "sRGB": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    "Adobe RGB": make_profile((0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290), Power(2.19921875)),
    "ProPhoto": make_profile((0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001, 0.3457, 0.3585), Power(1.8)),
    "linear P3": make_profile(P3, LINEAR),
}
GREY_22 = bytes(imagecodecs.cms_profile("gray", whitepoint=(0.3457, 0.3585, 1), gamma=2.2))


@pytest.fixture(params=[pytest.param("exiftool", marks=pytest.mark.slow), "alone"])
def _program(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "alone":
        monkeypatch.setattr(shutil, "which", lambda name: None)
    elif why := lacks_program("exiftool"):
        pytest.skip(why)


def read(path: Path) -> RgbFrame:
    frame = read_frame(path)
    assert isinstance(frame, RgbFrame)
    return frame


def rewritten(source: Path, suffix: str = "") -> Path:
    frame, result = read(source), source.with_name(f"{source.stem}-result{suffix or source.suffix}")
    write_picture(result, Picture.from_frame(frame, frame.rgb))
    return result


def pillow(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


@pytest.mark.usefixtures("_program")
@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_the_profile_and_the_values(name: str, suffix: str, tmp_path: Path) -> None:
    smooth = np.kron(VALUES[::8, ::8], np.ones((8, 8, 1), np.uint8))
    values = smooth if suffix == ".jpg" else VALUES
    Image.fromarray(values).save(tmp_path / f"a{suffix}", icc_profile=PROFILES[name], quality=95, subsampling=0)
    source, result = (pillow(path) for path in (tmp_path / f"a{suffix}", rewritten(tmp_path / f"a{suffix}")))
    assert result.info["icc_profile"] == PROFILES[name]
    difference = np.abs(np.asarray(result).astype(int) - np.asarray(source))
    assert difference.max() <= (6 if suffix == ".jpg" else 0)


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("target", [".png", ".tif", ".jpg"])
def test_the_profile_goes_into_other_formats(name: str, target: str, tmp_path: Path) -> None:
    Image.fromarray(VALUES).save(tmp_path / "a.png", icc_profile=PROFILES[name])
    assert pillow(rewritten(tmp_path / "a.png", target)).info["icc_profile"] == PROFILES[name]


@pytest.mark.parametrize(("name", "exponent"), [("Adobe RGB", 2.199), ("ProPhoto", 1.8), ("linear P3", 1)])
def test_light_is_what_the_profile_says(name: str, exponent: float, tmp_path: Path) -> None:
    Image.fromarray(VALUES).save(tmp_path / "a.png", icc_profile=PROFILES[name])
    assert read(tmp_path / "a.png").rgb == pytest.approx((VALUES / 255) ** exponent, abs=1e-4)


@pytest.mark.parametrize("target", [".exr", ".dng"])
def test_primaries_go_into_linear_formats(target: str, tmp_path: Path) -> None:
    Image.fromarray(VALUES).save(tmp_path / "a.png", icc_profile=PROFILES["linear P3"])
    result = rewritten(tmp_path / "a.png", target)
    if target == ".exr":
        with OpenEXR.File(str(result), header_only=True) as file:
            assert file.header()["chromaticities"] == pytest.approx(P3, abs=1e-3)
        return
    matrix = np.array(read(result).metadata.xyz_to_camera)
    x, y = P3[::2], P3[1::2]
    xyz = np.array([[a / b, 1, (1 - a - b) / b] for a, b in zip(x, y, strict=True)]).T
    own = np.linalg.inv(xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3]))
    assert matrix == pytest.approx(own, abs=3e-3)


def test_a_float_file_with_a_profile_is_coded_by_it(tmp_path: Path) -> None:
    values = RNG.normal(0.5, 0.5, (40, 56, 3)).astype(np.float32)
    for name, profile in PROFILES.items():
        path = tmp_path / f"{name}.tif"
        tifffile.imwrite(path, values, photometric="rgb", iccprofile=profile)
        assert tifffile.imread(rewritten(path)) == pytest.approx(values, abs=1e-4)
        exponent = {"Adobe RGB": 2.199, "ProPhoto": 1.8, "linear P3": 1}.get(name)
        if exponent:
            assert read(path).rgb == pytest.approx(np.sign(values) * np.abs(values) ** exponent, abs=1e-4)


def test_linear_light_in_few_bits_gets_a_curve_and_a_profile_that_says_so(tmp_path: Path) -> None:
    values = RNG.uniform(0, 1, (40, 56, 3)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", iccprofile=PROFILES["linear P3"])
    result = rewritten(tmp_path / "a.tif", ".png")
    assert np.asarray(pillow(result)).dtype == np.uint8  # Pillow's own limit
    assert read(result).rgb == pytest.approx(values, abs=1e-3)
    assert read(result).transfer == "srgb"


@pytest.mark.usefixtures("_program")
@pytest.mark.parametrize("profile", [b"", GREY_22])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_a_grey_picture_stays_grey(suffix: str, profile: bytes, tmp_path: Path) -> None:
    grey = np.kron(VALUES[::8, ::8, 0], np.ones((8, 8), np.uint8))
    Image.fromarray(grey).save(tmp_path / f"a{suffix}", icc_profile=profile or None, quality=95)
    source, result = pillow(tmp_path / f"a{suffix}"), pillow(rewritten(tmp_path / f"a{suffix}"))
    assert result.mode == "L"
    assert result.info.get("icc_profile", b"") == profile
    assert np.abs(np.asarray(result).astype(int) - np.asarray(source)).max() <= (3 if suffix == ".jpg" else 0)
    if profile and suffix != ".jpg":
        assert read(tmp_path / f"a{suffix}").rgb[..., 1] == pytest.approx((grey / 255) ** 2.2, abs=1e-4)


@pytest.mark.usefixtures("_program")
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
@pytest.mark.parametrize("dpi", [(300, 300), (72, 144)])
def test_resolution(suffix: str, dpi: tuple[int, int], tmp_path: Path) -> None:
    Image.fromarray(VALUES).save(tmp_path / f"a{suffix}", dpi=dpi)
    assert pillow(rewritten(tmp_path / f"a{suffix}")).info["dpi"] == pytest.approx(dpi, abs=0.01)


@pytest.mark.parametrize("target", [".png", ".tif", ".jpg", ".exr", ".dng"])
def test_resolution_in_other_formats(target: str, tmp_path: Path) -> None:
    Image.fromarray(VALUES).save(tmp_path / "a.tif", dpi=(300, 240))
    result = rewritten(tmp_path / "a.tif", target)
    if target == ".dng":
        with tifffile.TiffFile(result) as tiff:
            tags = tiff.pages.first.tags
            assert [tags[code].value for code in (282, 283, 296)] == [(300, 1), (240, 1), 2]
    else:
        assert read(result).metadata.resolution == pytest.approx((300, 240), abs=0.01)


def test_no_resolution_is_made_up(tmp_path: Path) -> None:
    Image.fromarray(VALUES).save(tmp_path / "a.png")
    for target in (".png", ".tif", ".jpg"):
        assert read(rewritten(tmp_path / "a.png", target)).metadata.resolution is None


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_transparency(suffix: str, bits: int, grey: bool, tmp_path: Path) -> None:
    values = (FOUR[..., 2:] if grey else FOUR).astype(f"uint{bits}") * (257 if bits == 16 else 1)
    path = tmp_path / f"a{suffix}"
    if suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(values))
    else:
        kind = "minisblack" if grey else "rgb"
        tifffile.imwrite(path, values, photometric=kind, planarconfig="contig", extrasamples=["unassalpha"])
    assert np.array_equal(stored(rewritten(path)), values)
    other = ".tif" if suffix == ".png" else ".png"
    assert np.array_equal(stored(rewritten(path, other)), values)


@pytest.mark.parametrize("extra", ["unspecified", "assocalpha"])
def test_a_fourth_channel_of_another_kind_stays_in_tiff_alone(extra: str, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", FOUR, photometric="rgb", extrasamples=[extra])
    assert np.array_equal(stored(rewritten(tmp_path / "a.tif")), FOUR)
    with tifffile.TiffFile(tmp_path / "a-result.tif") as tiff:
        assert tiff.pages.first.extrasamples == (["unspecified", "assocalpha"].index(extra),)
    for target in (".png", ".jpg", ".dng", ".npy"):
        with pytest.raises(FileError, match="cannot hold"):
            rewritten(tmp_path / "a.tif", target)


@pytest.mark.parametrize("target", [".jpg", ".dng", ".npy", ".exr"])
def test_formats_without_transparency_refuse_it_unless_there_is_none(target: str, tmp_path: Path) -> None:
    Image.fromarray(FOUR).save(tmp_path / "a.png")
    with pytest.raises(FileError, match="cannot hold the transparency"):
        rewritten(tmp_path / "a.png", target)
    assert not (tmp_path / f"a-result{target}").exists()
    Image.fromarray(FOUR | np.array([0, 0, 0, 255], np.uint8)).save(tmp_path / "b.png")
    assert rewritten(tmp_path / "b.png", target).is_file()


def test_palettes_with_transparency(tmp_path: Path) -> None:
    palette = Image.fromarray(VALUES).quantize(16)
    palette.save(tmp_path / "a.png", transparency=bytes([0, 128, 255]))
    assert np.array_equal(stored(rewritten(tmp_path / "a.png")), np.asarray(pillow(tmp_path / "a.png").convert("RGBA")))


def test_webp(tmp_path: Path) -> None:
    Image.fromarray(FOUR).save(tmp_path / "a.webp", lossless=True, exact=True, icc_profile=PROFILES["Adobe RGB"])
    result = pillow(rewritten(tmp_path / "a.webp", ".png"))
    assert np.array_equal(np.asarray(result), FOUR)
    assert result.info["icc_profile"] == PROFILES["Adobe RGB"]


def test_a_result_of_another_size_has_transparency_of_that_size(tmp_path: Path) -> None:
    Image.fromarray(FOUR).save(tmp_path / "a.png")
    frame = read(tmp_path / "a.png")
    large = np.repeat(np.repeat(frame.rgb, 2, axis=0), 2, axis=1)
    write_picture(tmp_path / "b.png", Picture.from_frame(frame, large, scale=2))
    opacity = stored(tmp_path / "b.png")[..., 3].astype(float)
    assert opacity.reshape(40, 2, 56, 2).mean(axis=(1, 3))[5:-5, 5:-5] == pytest.approx(FOUR[5:-5, 5:-5, 3], abs=90)
    assert opacity.mean() == pytest.approx(FOUR[..., 3].mean(), abs=2)


@pytest.mark.parametrize("bits", [1, 4, 10, 12, 14])
def test_other_depths_keep_their_brightness(bits: int, tmp_path: Path) -> None:
    values = RNG.integers(0, 2**bits, (9, 16, 1)).astype(np.uint16)
    frame = RgbFrame(np.repeat(values / np.float32(2**bits - 1), 3, axis=2), "linear", bits)
    write_picture(tmp_path / "b.tif", Picture.from_frame(frame, frame.rgb))
    written = tifffile.imread(tmp_path / "b.tif")
    assert written.dtype == (np.uint8 if bits <= 8 else np.uint16)
    assert written / np.iinfo(written.dtype).max == pytest.approx(frame.rgb, abs=0.002)


def stored(path: Path) -> NDArray[Any]:
    if path.suffix == ".tif":
        return np.asarray(tifffile.imread(path))
    return np.asarray(imagecodecs.png_decode(path.read_bytes()))


@EXIFTOOL
@pytest.mark.parametrize("suffix", [".tif", ".jpg", ".png"])
@pytest.mark.parametrize("resolution", [None, (300.0, 150.0)])
def test_exiftool_finds_nothing_to_say(suffix: str, resolution: tuple[float, float] | None, tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).random((12, 16, 3)).astype(np.float32)
    picture = Picture(rgb, metadata=Metadata(make="Maker", iso=200, exposure_s=0.01, resolution=resolution), bits=8)
    path = tmp_path / f"a{suffix}"
    write_picture(path, picture)
    said = subprocess.run(
        ["exiftool", "-validate", "-warning", "-error", "-a", str(path)], capture_output=True, text=True, check=True
    )
    assert said.stdout.split(":")[1].strip() == "OK", said.stdout
