"""`rcl profiles stamp`: what other programs read of stamped DNGs, and that nothing else of them changes."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rawpy
import tifffile
from click.testing import CliRunner, Result

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.profiles.book import save_profiles
from rcl_cli.profiles.lattices import labels
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.noise_tag import noise_entry
from rcl_cli.raw.dng.tag_patch import set_raw_tag
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.read import read_frame
from rcl_cli.raw.write import write_picture
from rcl_cli.samples.camera import SAMPLE_CAMERA

EXIFTOOL = shutil.which("exiftool")
PROFILE = NoiseProfile((1e-3, 2e-3, 4e-3, 5e-3), (1e-6, 2e-6, 4e-6, 5e-6))
NUMBERS = (1e-3, 1e-6, 3e-3, 3e-6, 5e-3, 5e-6)


def _run(*arguments: str | Path) -> Result:
    command = ["profiles", "stamp", *map(str, arguments)]
    return CliRunner().invoke(cli, command, standalone_mode=False, catch_exceptions=False)


def _lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def _words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A file of one profile, which holds for whatever it is given with."""
    save_profiles(tmp_path / "given.json", [PROFILE])
    return tmp_path / "given.json"


def _sample(path: Path, iso: float = 400.0, cfa: CFA | None = None) -> Path:
    scene = np.random.default_rng(1).random((64, 96, 3)).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_dng(path, SAMPLE_CAMERA.expose(scene, iso, cfa or CFA.bayer("GRBG"), np.random.default_rng(2)))
    return path


def _big_endian(path: Path, *, own: tuple[float, ...] = (), below: bool = True, odd: bool = False) -> Path:
    """A big-endian DNG, its raw below a preview or in the first directory, maker notes of absolute offsets inside."""
    dn = np.random.default_rng(3).integers(200, 4000, (48, 64)).astype(np.uint16)
    camera: list[Any] = [
        *((50706, "B", 4, (1, 4, 0, 0), True), (50708, "s", 0, "Tester Big", True)),
        (50721, "2i", 9, [v for row in np.eye(3, dtype=int).ravel().tolist() for v in (row, 1)], True),
        *((50778, "H", 1, 21, True), (271, "s", 0, "Tester", True), (272, "s", 0, "Big", True)),
        (37500, "B", 40, bytes(range(40)), True),
    ]
    raw: list[Any] = [
        *((33421, "H", 2, (2, 2), True), (33422, "B", 4, (0, 1, 1, 2), True), (50714, "H", 1, 200, True)),
        (50717, "H", 1, 4000, True),
    ]
    raw += [(51041, "d", len(own), own, True)] if own else []
    with tifffile.TiffWriter(path, byteorder=">") as tiff:
        if below:
            preview = np.zeros((12, 16, 3), np.uint8)
            tiff.write(preview, photometric="rgb", subfiletype=1, subifds=1, extratags=camera, metadata=None)
            tiff.write(dn, photometric=32803, subfiletype=0, extratags=raw, metadata=None)
        else:
            tiff.write(dn, photometric=32803, subfiletype=0, extratags=raw + camera, metadata=None)
    if odd:
        with path.open("ab") as file:
            file.write(b"!")
    return path


def _same_pixels(one: Path, other: Path) -> bool:
    with rawpy.imread(str(one)) as first, rawpy.imread(str(other)) as second:
        levels = [(raw.black_level_per_channel, raw.white_level, raw.color_desc) for raw in (first, second)]
        return levels[0] == levels[1] and np.array_equal(first.raw_image, second.raw_image)


def _exiftool(path: Path, *arguments: str) -> str:
    command = ["exiftool", *arguments, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _check(source: Path, stamped: Path, changed: int) -> None:
    """LibRaw, tifffile, our reader and exiftool; `changed`: the most bytes of the old file that may differ."""
    assert _same_pixels(source, stamped)
    before, after = (np.frombuffer(path.read_bytes(), np.uint8) for path in (source, stamped))
    assert np.count_nonzero(before != after[: before.size]) <= changed
    profile = read_frame(stamped).metadata.noise_profile
    assert profile is not None
    assert profile.to_dng() == pytest.approx(NUMBERS)
    with tifffile.TiffFile(stamped) as tiff:
        pages = [ifd for page in tiff.pages for ifd in (page, *(page.pages or ()))]
        (raw,) = [page for page in pages if page.tags["PhotometricInterpretation"].value in (32803, 34892)]
        assert raw.tags["NoiseProfile"].value == NUMBERS
    if EXIFTOOL:
        said = _exiftool(stamped, "-b", "-NoiseProfile")
        assert [float(number) for number in said.split()] == pytest.approx(NUMBERS)
        same = ("-a", "-G1", "-s", "-All", "--NoiseProfile", "--File:all", "--ExifTool:all", "--System:all")
        assert _exiftool(source, *same) == _exiftool(stamped, *same)


@pytest.mark.parametrize("cfa", [CFA.bayer("GRBG"), CFA.xtrans(1, 2)], ids=["Bayer", "X-Trans"])
def test_our_own_dngs_are_stamped(cfa: CFA, given: Path, tmp_path: Path) -> None:
    source = _sample(tmp_path / "raws" / "a.dng", cfa=cfa)
    result = _run(tmp_path / "raws", "--profile", given, "--json")
    assert result.return_value == 0
    (line,) = _lines(result)
    assert (line["kind"], line["path"], line["status"], line["reason"]) == ("raw", str(source), "done", "")
    assert line["output"] == str(tmp_path / "stamped" / "a.dng")
    assert line["noise_profile"] == pytest.approx(NUMBERS)
    _check(source, tmp_path / "stamped" / "a.dng", changed=4)
    if EXIFTOOL:
        said = _exiftool(tmp_path / "stamped" / "a.dng", "-validate", "-warning", "-error", "-a")
        assert said.split(":")[1].strip() == "OK"


@pytest.mark.realdata
def test_a_camera_s_dng_is_stamped(realdata: Path, given: Path, tmp_path: Path) -> None:
    source = realdata / "raw/bayer/canon-eos-kiss-x4_colorchart.dng"
    assert _run(source, "--profile", given, "-o", tmp_path / "out").return_value == 0
    _check(source, tmp_path / "out" / source.name, changed=4)


@pytest.mark.realdata
def test_a_dng_that_has_the_tag_twice_gets_it_twice(realdata: Path, given: Path, tmp_path: Path) -> None:
    """As Adobe writes it into DNGs of reduced quality: in the raw's directory and in the first."""
    source = realdata / "raw/linear/canon_eos_6d_lossy.dng"
    assert _run(source, "--profile", given, "-o", tmp_path / "out", "--overwrite").return_value == 0
    stamped = tmp_path / "out" / source.name
    _check(source, stamped, changed=2 * 48)
    assert stamped.stat().st_size == source.stat().st_size
    with tifffile.TiffFile(stamped) as tiff:
        assert tiff.pages.first.tags["NoiseProfile"].value == NUMBERS


@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize("odd", [True, False])
@pytest.mark.parametrize("own", [(), (1.0, 2.0), (1.0,) * 6])
def test_big_endian_dngs_are_stamped(
    below: bool, odd: bool, own: tuple[float, ...], given: Path, tmp_path: Path
) -> None:
    source = _big_endian(tmp_path / "big.dng", below=below, odd=odd, own=own)
    assert source.read_bytes()[:2] == b"MM"
    stamped = tmp_path / "stamped" / "big.dng"
    assert _run(source, "--profile", given, "--overwrite").return_value == 0
    _check(source, stamped, changed={0: 4, 2: 12, 6: 48}[len(own)])


def test_in_place_only_the_pointer_changes(given: Path, tmp_path: Path) -> None:
    source = _sample(tmp_path / "a.dng")
    source.chmod(0o640)
    kept = tmp_path / "kept"
    shutil.copyfile(source, kept)
    (tmp_path / "link.dng").symlink_to(source)
    assert _run(tmp_path / "link.dng", "--profile", given, "--in-place").return_value == 0
    assert (tmp_path / "link.dng").is_symlink()
    assert source.stat().st_mode & 0o777 == 0o640
    _check(kept, source, changed=4)
    assert {path.name for path in tmp_path.iterdir()} == {"a.dng", "link.dng", "kept", "given.json"}
    result = _run(source, "--profile", given, "--in-place")
    assert result.return_value == 0
    assert "has a noise profile already" in result.stderr


def test_a_profile_in_the_file_is_replaced_only_when_asked(given: Path, tmp_path: Path) -> None:
    source = _big_endian(tmp_path / "big.dng", own=(1.0, 2.0))
    (line,) = _lines(_run(source, "--profile", given, "--json"))
    assert (line["status"], line["noise_profile"]) == ("skipped", None)
    assert "has a noise profile already; --overwrite" in line["reason"]
    assert not (tmp_path / "stamped").exists()


def test_the_store_s_profile_is_taken_and_none_is_guessed(tmp_path: Path, store: Path) -> None:
    raws = tmp_path / "raws"
    for iso in (100.0, 200.0, 400.0, 800.0, 1600.0):
        _sample(raws / f"{iso:.0f}.dng", iso)
    frame = read_frame(raws / "400.dng")
    truth = {iso: SAMPLE_CAMERA.noise_profile(iso) for iso in (200.0, 800.0)}
    measured = {iso: replace(profile, **labels(frame) | {"iso": iso}) for iso, profile in truth.items()}
    save_profiles(store / "profiles.json", measured.values())
    lines = {Path(line["path"]).stem: line for line in _lines(_run(raws, "--json"))}
    assert {name: line["status"] for name, line in lines.items()} == {
        **dict.fromkeys(("100", "1600"), "failed"),
        **dict.fromkeys(("200", "400", "800"), "done"),
    }
    assert lines["200"]["noise_profile"] == pytest.approx(measured[200.0].to_dng())
    assert {lines[name]["profile"] for name in ("200", "800")} == {"calibrated"}
    assert lines["400"]["profile"] == "interpolated"
    # Log-log, so that half-way between 200 and 800 is the geometric mean.
    halfway = np.sqrt(np.array(measured[200.0].to_dng()) * np.array(measured[800.0].to_dng()))
    assert lines["400"]["noise_profile"] == pytest.approx(halfway)
    assert "has no profile calibrated for rcl Sample at ISO 1600" in lines["1600"]["reason"]
    assert _run(raws).return_value == 1


def test_the_picture_itself_is_measured_only_when_asked_and_where_it_can_tell(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.linspace(0.05, 0.8, 288, dtype=np.float32)[:, None], (192, 288, 3))
    noise = tmp_path / "noise.dng"
    write_dng(noise, SAMPLE_CAMERA.expose(ramp, 400.0, CFA.bayer("GRBG"), np.random.default_rng(2)))
    assert _run(noise).return_value == 2
    (line,) = _lines(_run(noise, "--blind", "--json"))
    assert (line["status"], line["profile"]) == ("done", "blind")
    frame = read_frame(noise)
    assert isinstance(frame, RawFrame)
    write_dng(tmp_path / "still.dng", replace(frame, mosaic=np.full_like(frame.mosaic, 5000)))
    (line,) = _lines(_run(tmp_path / "still.dng", "--blind", "--json"))
    assert line["status"] == "failed"
    assert "tells too little of its own noise" in line["reason"]


def test_what_is_no_dng_is_said_in_one_line_and_the_rest_goes_on(given: Path, tmp_path: Path) -> None:
    raws = tmp_path / "raws"
    _sample(raws / "b.dng")
    (raws / "a.raf").write_bytes(b"FUJIFILMCCD-RAW " + bytes(200))
    result = _run(raws, "--profile", given)
    assert result.return_value == 0
    said = [line for line in result.stderr.splitlines() if "is no DNG, which alone has the tag; " in line]
    assert [line.partition(": ")[0] for line in said] == [str(raws / "a.raf")]
    assert (tmp_path / "stamped" / "b.dng").exists()
    assert _run(raws / "a.raf", "--profile", given).return_value == 2


def test_nothing_is_lost_and_no_copy_is_stamped_again(given: Path, tmp_path: Path) -> None:
    one, two = (_sample(tmp_path / name / "x.dng", iso) for name, iso in (("one", 100.0), ("two", 200.0)))
    lines = _lines(_run(one.parent, two.parent, "--profile", given, "-o", tmp_path / "out", "--overwrite", "--json"))
    assert [line["status"] for line in lines] == ["done", "failed"]
    assert "same name as the copy of" in lines[1]["reason"]
    assert _same_pixels(one, tmp_path / "out" / "x.dng")
    for _ in range(2):
        lines = _lines(_run(one.parent, "--profile", given, "-o", one.parent / "out", "--json", "--overwrite"))
        assert [line["path"] for line in lines] == [str(one)]
    result = _run(one.parent, "--profile", given, "-o", one.parent, "--overwrite")
    assert result.return_value == 2
    assert "use --in-place" in _words(result.stderr)


def test_a_denoised_result_is_not_stamped(given: Path, tmp_path: Path) -> None:
    path = _sample(tmp_path / "a.dng")
    frame = read_frame(path)
    result = Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa, denoised=True)
    write_picture(tmp_path / "b.dng", result)
    (line,) = _lines(_run(tmp_path / "b.dng", "--profile", given, "--json"))
    assert line["status"] == "failed"
    assert "noise was reduced" in line["reason"]


@pytest.mark.parametrize(
    ("damage", "reason"), [("loop", ""), ("bigtiff", "32 bit"), ("beyond", "beyond"), ("no raw", "no directory")]
)
def test_damaged_directories_are_refused_and_nothing_is_left(damage: str, reason: str, tmp_path: Path) -> None:
    path = _big_endian(tmp_path / "a.dng", below=False)
    content = bytearray(path.read_bytes())
    (first,) = struct.unpack_from(">I", content, 4)
    (count,) = struct.unpack_from(">H", content, first)
    match damage:
        case "loop":
            struct.pack_into(">I", content, first + 2 + 12 * count, first)
        case "bigtiff":
            content[2:4] = b"\0+"
        case "beyond":
            struct.pack_into(">I", content, 4, len(content) + 10)
        case _:
            at = content.index(struct.pack(">HHI", 262, 3, 1))
            struct.pack_into(">H", content, at + 8, 2)
    path.write_bytes(content)
    if not reason:
        set_raw_tag(path, noise_entry(PROFILE))
        with tifffile.TiffFile(path) as tiff:
            assert tiff.pages.first.tags["NoiseProfile"].value == NUMBERS
        return
    with pytest.raises(ValueError, match=reason):
        set_raw_tag(path, noise_entry(PROFILE))
    assert path.read_bytes() == content


def test_a_full_disk_leaves_the_file_as_it_was(given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _sample(tmp_path / "a.dng")
    content = source.read_bytes()

    def full(path: Path, entry: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("rcl_cli.profiles.stamp.set_raw_tag", full)
    result = _run(source, "--profile", given, "--in-place")
    assert result.return_value == 2
    assert "the disk is full; make room" in result.stderr
    assert source.read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} == {"a.dng", "given.json"}
