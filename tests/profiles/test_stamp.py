"""`rcl profiles stamp`: what other programs read of stamped DNGs, and that nothing else of them changes."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rawpy
import tifffile
from click.testing import CliRunner, Result

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.noise_tag import noise_entry
from rcl_cli.raw.dng.tag_patch import set_raw_tag
from rcl_cli.raw.read import read_frame

EXIFTOOL = shutil.which("exiftool")
NUMBERS = (1e-3, 1e-6, 3e-3, 3e-6, 5e-3, 5e-6)
Sample = Callable[..., Path]


def _run(*arguments: str | Path) -> Result:
    command = ["profiles", "stamp", *map(str, arguments)]
    return CliRunner().invoke(cli, command, standalone_mode=False, catch_exceptions=False)


def _lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


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
def test_our_own_dngs_are_stamped(sample: Sample, cfa: CFA, given: Path, tmp_path: Path) -> None:
    source = sample(tmp_path / "raws" / "a.dng", cfa=cfa)
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


def test_in_place_only_the_pointer_changes(sample: Sample, given: Path, tmp_path: Path) -> None:
    source = sample(tmp_path / "a.dng")
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


@pytest.mark.parametrize(
    ("damage", "reason"), [("loop", ""), ("bigtiff", "32 bit"), ("beyond", "beyond"), ("no raw", "no directory")]
)
def test_damaged_directories_are_refused_and_nothing_is_left(
    damage: str, reason: str, profile: NoiseProfile, tmp_path: Path
) -> None:
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
        set_raw_tag(path, noise_entry(profile))
        with tifffile.TiffFile(path) as tiff:
            assert tiff.pages.first.tags["NoiseProfile"].value == NUMBERS
        return
    with pytest.raises(ValueError, match=reason):
        set_raw_tag(path, noise_entry(profile))
    assert path.read_bytes() == content
