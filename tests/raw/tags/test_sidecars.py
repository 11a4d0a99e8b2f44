"""XMP sidecars go with the picture, under the name and with the content that fit the result."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import raw_frame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.tags.sidecars import Fit, carry_sidecars, fitted
from rcl_cli.raw.write import write, write_picture

from ...needs import DARKTABLE

LEVELS = struct.pack("<4i5H2xi", 0, 0, 0, 0, 512, 512, 512, 512, 16383, 0).hex()
EXPOSURE = struct.pack("<i4fi", 0, 0.0, 1.0, 50.0, -4.0, 0).hex()
STEPS = (("rawprepare", LEVELS, 2), ("exposure", EXPOSURE, 6), ("denoiseprofile", "00", 11))
NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "darktable": "http://darktable.sf.net/",
}


def sidecar(steps: tuple[tuple[str, str, int], ...] = STEPS) -> bytes:
    prefixes = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in NAMESPACES.items() if prefix != "rdf")
    items = "".join(
        f'<rdf:li darktable:num="{number}" darktable:operation="{name}" darktable:enabled="1"'
        f' darktable:modversion="{version}" darktable:params="{values}"/>'
        for number, (name, values, version) in enumerate(steps)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{NAMESPACES["rdf"]}"><rdf:Description rdf:about="" {prefixes}
 xmp:Rating="4" xmpMM:DerivedFrom="a.CR2" crs:RawFileName="a.CR2" crs:Exposure2012="+1.00" tiff:Orientation="6"
 tiff:ImageWidth="64" exif:PixelXDimension="64" exif:FNumber="28/10" photoshop:SidecarForExtension="CR2"
 darktable:xmp_version="5" darktable:auto_presets_applied="1" darktable:history_end="{len(steps)}">
 <dc:subject><rdf:Bag><rdf:li>Möwe</rdf:li></rdf:Bag></dc:subject>
 <darktable:history><rdf:Seq>{items}</rdf:Seq></darktable:history>
</rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


def description(data: bytes) -> ElementTree.Element:
    found = ElementTree.fromstring(data).find(".//rdf:Description", NAMESPACES)
    assert found is not None
    return found


def value(found: ElementTree.Element, name: str) -> str | None:
    prefix, _, tag = name.partition(":")
    return found.get(f"{{{NAMESPACES[prefix]}}}{tag}")


def operations(found: ElementTree.Element) -> list[tuple[str | None, str | None]]:
    steps = found.findall("darktable:history/rdf:Seq/rdf:li", NAMESPACES)
    return [(value(step, "darktable:num"), value(step, "darktable:operation")) for step in steps]


@pytest.mark.parametrize("denoised", [True, False])
def test_a_raw_keeps_the_edits_but_not_levels_and_sizes_of_the_other_file(denoised: bool) -> None:
    found = description(fitted(sidecar(), Fit("a.dng", developed=False, denoised=denoised)))
    denoising = [] if denoised else [("2", "denoiseprofile")]
    assert operations(found) == [("1", "exposure"), *denoising]
    told = {"xmp:Rating": "4", "crs:Exposure2012": "+1.00", "tiff:Orientation": "6", "exif:FNumber": "28/10"}
    told |= {"photoshop:SidecarForExtension": "DNG", "crs:RawFileName": "a.dng", "xmpMM:DerivedFrom": "a.dng"}
    assert {name: value(found, name) for name in told} == told
    assert value(found, "tiff:ImageWidth") is value(found, "exif:PixelXDimension") is None
    assert [item.text for item in found.findall("dc:subject/rdf:Bag/rdf:li", NAMESPACES)] == ["Möwe"]


def test_a_developed_picture_keeps_words_and_rating_and_no_edits() -> None:
    """Else it would be edited twice, and turned twice."""
    found = description(fitted(sidecar(), Fit("a.jpg", developed=True, denoised=True)))
    assert operations(found) == []
    assert value(found, "xmp:Rating") == "4"
    assert value(found, "crs:Exposure2012") is value(found, "tiff:Orientation") is None
    assert [item.text for item in found.findall("dc:subject/rdf:Bag/rdf:li", NAMESPACES)] == ["Möwe"]
    assert b"darktable" not in fitted(sidecar(), Fit("a.jpg", developed=True, denoised=True))


@pytest.mark.parametrize(
    "data", [b"", b"no xmp", b"<x:xmpmeta>", b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>', b"\xff\xfe<\0", bytes(99)]
)
def test_what_is_no_xmp_is_kept_as_it_is_or_left(data: bytes) -> None:
    assert fitted(data, Fit("a.dng", developed=False, denoised=True)) == data
    assert fitted(data, Fit("a.jpg", developed=True, denoised=True)) == b""


@pytest.mark.parametrize(
    ("beside", "carried"),
    [
        (["a.xmp"], ["b-denoise.xmp"]),
        (["a.CR2.xmp"], ["b-denoise.dng.xmp"]),
        (["a.XMP"], ["b-denoise.xmp"]),
        (["a.CR2.XMP", "a.xmp"], ["b-denoise.dng.xmp", "b-denoise.xmp"]),
        (["a.jpg.xmp", "other.xmp", "a.CR2.pp3"], []),
    ],
)
def test_names_fit_the_result(tmp_path: Path, beside: list[str], carried: list[str]) -> None:
    source, target = tmp_path / "in" / "a.CR2", tmp_path / "out" / "b-denoise.dng"
    source.parent.mkdir()
    target.parent.mkdir()
    for name in beside:
        (source.parent / name).write_bytes(sidecar())
    carry_sidecars(source, target, developed=False, denoised=True)
    assert sorted(path.name for path in target.parent.iterdir()) == sorted(carried)


def test_one_that_exists_is_kept_and_the_source_s_always(tmp_path: Path) -> None:
    source, own = tmp_path / "a.CR2", tmp_path / "a.xmp"
    own.write_bytes(sidecar())
    (tmp_path / "out").mkdir()
    for folder, overwrite, kept in ((tmp_path / "out", False, True), (tmp_path / "out", True, False)):
        (folder / "a.xmp").write_text("mine")
        carry_sidecars(source, folder / "a.dng", developed=False, denoised=True, overwrite=overwrite)
        assert ((folder / "a.xmp").read_text() == "mine") is kept
    carry_sidecars(source, tmp_path / "a.dng", developed=False, denoised=True, overwrite=True)
    assert own.read_bytes() == sidecar()


def test_one_that_cannot_be_written_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.xmp").write_bytes(sidecar())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.xmp").mkdir()
    carry_sidecars(tmp_path / "a.CR2", tmp_path / "out" / "a.dng", developed=False, denoised=True, overwrite=True)
    assert "could not be carried along" in caplog.text
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.xmp"]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A ramp, with a sidecar of darktable's."""
    ramp = np.broadcast_to(512 + np.arange(384) * 20, (256, 384)).astype(np.uint16)
    frame = raw_frame(ramp, "RGGB", black=512, white=16383, make="Canon", model="Canon EOS 6D")
    write_dng(tmp_path / "a.dng", frame)
    (tmp_path / "a.dng.xmp").write_bytes(sidecar(STEPS[:2]))
    return tmp_path / "a.dng"


@pytest.mark.parametrize("suffix", [".dng", ".tif", ".png", ".jpg", ".exr"])
def test_every_format_of_pictures_gets_it(raw: Path, tmp_path: Path, suffix: str) -> None:
    write(tmp_path / "out" / f"a{suffix}", read_frame(raw))
    found = description((tmp_path / "out" / f"a{suffix}.xmp").read_bytes())
    assert value(found, "xmp:Rating") == "4"
    assert bool(operations(found)) is (suffix == ".dng")


@pytest.mark.slow
@DARKTABLE
def test_darktable_shows_result_and_source_alike_with_their_sidecars(raw: Path, tmp_path: Path) -> None:
    """The result's levels are other numbers: those in the source's sidecar would make it 40 % brighter."""
    frame = read_frame(raw)
    result = tmp_path / "out" / "a.dng"
    write_picture(result, Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa, denoised=True))
    shown: list[NDArray[Any]] = []
    for path in (raw, result):
        out = tmp_path / f"{len(shown)}.png"
        core = ("--core", "--library", ":memory:", "--configdir", str(tmp_path / "darktable"))
        command = ["darktable-cli", str(path), f"{path}.xmp", str(out), *core]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        shown.append(np.asarray(cv2.imread(str(out)), float))
    assert 60 < shown[0].mean() < 230
    np.testing.assert_allclose(shown[1], shown[0], atol=2)
