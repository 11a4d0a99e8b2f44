"""OpenEXR in and out: channels of any name, type and compression, windows, primaries, what is refused."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest

from rcl_cli.errors import FileError
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.pictures.openexr import exr_attributes
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write_picture

RGB = np.random.default_rng(0).normal(0.5, 1, (20, 33, 3)).astype(np.float32)
RGB[0, 0] = 70_000  # more than a half holds
R, G, B = (np.ascontiguousarray(RGB[..., plane]) for plane in range(3))
REC_2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)


def exr(path: Path, channels: dict[str, Any], **header: Any) -> Path:
    kind = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(kind | header, dict(channels)) as file:
        file.write(str(path))
    return path


def read(path: Path) -> RgbFrame:
    frame = read_frame(path)
    assert isinstance(frame, RgbFrame)
    return frame


def rewritten(source: Path, scale: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and channels of the result of leaving a file as it is, as the library reads them."""
    frame, result = read(source), source.with_name("result.exr")
    pixels = np.repeat(np.repeat(frame.rgb, scale, axis=0), scale, axis=1)
    write_picture(result, Picture.from_frame(frame, pixels, scale=scale))
    with OpenEXR.File(str(result), separate_channels=True) as file:
        return dict(file.header()), {name: channel.pixels for name, channel in file.channels().items()}


@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIPS", "ZIP", "PIZ"])
@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_every_lossless_form_is_read(compression: str, tiled: bool, dtype: type, tmp_path: Path) -> None:
    with np.errstate(over="ignore"):
        planes: dict[str, Any] = {
            name: np.minimum(plane, 60_000).astype(dtype) for name, plane in zip("RGB", (R, G, B), strict=True)
        }
    form = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()} if tiled else {}
    path = exr(tmp_path / "a.exr", planes, compression=getattr(OpenEXR, f"{compression}_COMPRESSION"), **form)
    frame = read(path)
    assert (frame.transfer, frame.bits) == ("linear", 32)
    assert np.array_equal(frame.rgb, np.stack(list(planes.values()), axis=-1).astype(np.float32))


@pytest.mark.parametrize("compression", ["PXR24", "B44", "DWAA"])
def test_lossy_forms_are_read(compression: str, tmp_path: Path) -> None:
    planes = {name: np.full((64, 64), value, np.float16) for name, value in zip("RGB", (0.25, 0.5, 1), strict=True)}
    path = exr(tmp_path / "a.exr", planes, compression=getattr(OpenEXR, f"{compression}_COMPRESSION"))
    assert read(path).rgb[9, 9] == pytest.approx([0.25, 0.5, 1], rel=0.01)


@pytest.mark.parametrize(
    ("channels", "wanted"),
    [
        ({"r": R, "g": G, "b": B}, RGB),
        ({"R": R, "G": G, "B": B, "Z": G, "diffuse.R": G, "diffuse.G": R, "diffuse.B": R}, RGB),
        ({"beauty.R": R, "beauty.G": G, "beauty.B": B, "Z": G}, RGB),
        ({"Y": G}, np.stack([G, G, G], axis=-1)),
        ({"left.Y": G}, np.stack([G, G, G], axis=-1)),
    ],
)
def test_the_picture_is_found_by_its_names(channels: dict[str, Any], wanted: Any, tmp_path: Path) -> None:
    assert np.array_equal(read(exr(tmp_path / "a.exr", channels)).rgb, wanted)


@pytest.mark.parametrize("channels", [{"Z": G}, {"a.R": R, "a.G": G, "a.B": B, "b.R": R, "b.G": G, "b.B": B}])
def test_without_a_picture_its_channels_are_named(channels: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(FileError, match=next(iter(channels))):
        read_frame(exr(tmp_path / "a.exr", channels))


def test_left_as_it_is_it_stays_what_it_was(tmp_path: Path) -> None:
    opacity = np.random.default_rng(1).uniform(0, 1, R.shape).astype(np.float32)
    window, shown = (
        (np.array([3, 4], "i4"), np.array([35, 23], "i4")),
        (np.array([0, 0], "i4"), np.array([63, 31], "i4")),
    )
    given = {"chromaticities": REC_2020, "owner": "Ω", "xDensity": 300.0, "dataWindow": window, "displayWindow": shown}
    header, channels = rewritten(exr(tmp_path / "a.exr", {"R": R, "G": G, "B": B, "A": opacity}, **given))
    assert {name: np.array_equal(channels[name], plane) for name, plane in zip("RGBA", (R, G, B, opacity), strict=True)}
    assert sorted(channels) == ["A", "B", "G", "R"]
    assert header["chromaticities"] == pytest.approx(REC_2020)
    assert (header["owner"], header["xDensity"]) == ("Ω", 300.0)
    assert np.array_equal(header["dataWindow"], window)
    assert np.array_equal(header["displayWindow"], shown)


def test_an_enlarged_picture_has_enlarged_windows(tmp_path: Path) -> None:
    window = (np.array([3, 4], "i4"), np.array([35, 23], "i4"))
    header, channels = rewritten(exr(tmp_path / "a.exr", {"Y": G}, dataWindow=window, displayWindow=window), scale=2)
    assert channels["Y"].shape == (40, 66)
    assert np.array_equal(header["dataWindow"], [[6, 8], [71, 47]])


def test_a_grey_picture_stays_grey(tmp_path: Path) -> None:
    _, channels = rewritten(exr(tmp_path / "a.exr", {"Y": G}))
    assert list(channels) == ["Y"]
    assert channels["Y"] == pytest.approx(G, rel=1e-6)


def test_texts_are_in_the_header(tmp_path: Path) -> None:
    exr(tmp_path / "a.exr", {"Y": G}, xmp="ünï")
    assert exr_attributes(tmp_path / "a.exr") == {"xmp": "ünï".encode()}


@pytest.mark.parametrize("end", [60, -4, -400])
def test_a_cut_file_is_refused_and_nothing_is_printed(end: int, tmp_path: Path, capsys: Any) -> None:
    path = exr(tmp_path / "a.exr", {"R": R, "G": G, "B": B})
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(FileError, match="cut short"):
        read_frame(path)
    assert capsys.readouterr().out == ""


def test_a_name_that_is_no_text_is_no_matter(tmp_path: Path) -> None:
    source = read(exr(tmp_path / "a.exr", {"R": R, "G": G, "B": B}))
    named = Path(f"{tmp_path}/caf\udce9.exr")
    write_picture(named, Picture.from_frame(source, source.rgb))
    assert np.array_equal(read(named).rgb, RGB)
    with OpenEXR.File(BytesIO(named.read_bytes()), separate_channels=True) as file:
        assert file.header()["compression"] == OpenEXR.ZIP_COMPRESSION
