"""Paths that come from standard input or a file, and files that are chosen by camera and ISO."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli
from rcl_cli.cli.options.file_lists import split_list
from rcl_cli.errors import RclError
from rcl_cli.raw.select import Selection


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw at each of ISO 100, 800 and 3200, one of them with a line break in its name."""
    folder = tmp_path_factory.mktemp("card")
    made = CliRunner().invoke(cli, ["samples", str(folder), "--count", "3", "--size", "64"])
    assert made.exit_code == 0, made.output
    (folder / "sample-003-iso03200.dng").rename(folder / "odd\nname.dng")
    return folder


def listed(*arguments: str, given: bytes = b"") -> list[str]:
    result = CliRunner().invoke(cli, ["info", *arguments, "--json"], input=given)
    assert result.exit_code == 0, result.output
    return [Path(json.loads(line)["path"]).name for line in result.stdout.splitlines()]


def test_standard_input_names_files_a_line_or_ended_by_nul(card: Path) -> None:
    names = ["sample-002-iso00800.dng", "sample-001-iso00100.dng"]
    paths = [str(card / name).encode() for name in names]
    assert listed("-", given=b"\n".join(paths)) == names
    assert listed("-", given=b"\r\n".join([*paths, b""])) == names
    odd = str(card / "odd\nname.dng").encode()
    assert listed("-", given=b"\0".join([*paths, odd, b""])) == [*names, "odd\nname.dng"]


def test_a_file_names_files_among_others(card: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{card / 'sample-002-iso00800.dng'}\n")
    first = str(card / "sample-001-iso00100.dng")
    assert listed(first, f"@{tmp_path / 'list.txt'}") == ["sample-001-iso00100.dng", "sample-002-iso00800.dng"]


def test_names_that_are_no_utf8_stay_as_they_are() -> None:
    assert bytes(split_list(b"caf\xe9.dng\n")[0]) == b"caf\xe9.dng"


def test_a_file_whose_name_begins_with_at_is_itself(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "@a.dng").write_bytes((card / "sample-001-iso00100.dng").read_bytes())
    assert listed("@a.dng") == ["@a.dng"]


@pytest.mark.parametrize(("path", "given"), [("-", b""), ("-", b"\n\n"), ("@nowhere", b"")])
def test_a_list_that_names_nothing_is_bad_usage(path: str, given: bytes) -> None:
    result = CliRunner().invoke(cli, ["info", path], input=given)
    assert (result.exit_code, "Traceback" in result.stderr) == (2, False)
    assert "names no files" in result.stderr or "cannot be read" in result.stderr


def test_a_missing_file_of_a_list_does_not_stop_the_others(card: Path) -> None:
    given = f"{card / 'gone.dng'}\n{card / 'sample-001-iso00100.dng'}\n"
    result = CliRunner().invoke(cli, ["info", "-"], input=given)
    assert result.exit_code == 1
    assert "gone.dng" in result.stderr


SELECTIONS = {
    "camera=EOS": [True, True, False],
    "camera=canon eos 7d": [True, False, False],
    "iso=800": [False, True, False],
    "iso=800-3200": [False, True, True],
    "iso=800-": [False, True, True],
    "iso=-800": [True, True, False],
    "iso=100..800": [True, True, False],
    "ISO = 100 , Camera = 7D": [True, False, False],
    "camera=Nikon,iso=-100": [False, False, False],
}
SHOTS = [("Canon EOS 7D", 100.0), ("Canon EOS R5", 800.0), ("NIKON Z 6", 3200.0)]


@pytest.mark.parametrize(("text", "chosen"), SELECTIONS.items())
def test_selections(text: str, chosen: list[bool]) -> None:
    assert [Selection.parse(text).fits(*shot) for shot in SHOTS] == chosen


def test_a_file_that_says_no_iso_is_not_of_a_range() -> None:
    assert not Selection.parse("iso=-800").fits("One", None)
    assert Selection.parse("camera=one").fits("One", None)


@pytest.mark.parametrize(
    "text", ["", "iso", "iso=", "camera=", "ios=800", "iso=fast", "iso=-", "iso=3200-800", "iso=1 2", "x=1"]
)
def test_what_selects_nothing_is_refused(text: str) -> None:
    with pytest.raises(RclError, match="iso="):
        Selection.parse(text)


def test_calibrate_takes_the_selected_files(card: Path, tmp_path: Path) -> None:
    asked = ["calibrate", str(card), "--select", "iso=100", "--select", "iso=3200", "--store", str(tmp_path), "--json"]
    result = CliRunner().invoke(cli, asked)
    images = [json.loads(line) for line in result.stdout.splitlines()]
    assert {one["iso"] for one in images if one["kind"] == "image"} == {100.0, 3200.0}
    assert "2 of 3 files selected" in result.stderr


def test_a_damaged_file_is_reported_and_not_left_out(card: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.dng").write_bytes(b"II*\0 is cut short")
    result = CliRunner().invoke(cli, ["calibrate", str(card), str(tmp_path), "--no-save", "--select", "iso=100"])
    assert result.exit_code == 1
    assert "bad.dng" in result.stderr


def test_options_that_name_pictures_take_lists_too(card: Path, tmp_path: Path) -> None:
    raws = sorted(card.glob("sample*.dng"))
    listed = tmp_path / "list"
    listed.write_text("\n".join(map(str, raws)))
    for option in ("--flats", "--darks"):
        result = CliRunner().invoke(cli, ["calibrate", option, f"@{listed}", "--no-save"])
        assert all(path.name in result.output for path in raws), result.output
        empty = CliRunner().invoke(cli, ["calibrate", option, "-", "--no-save"], input="")
        assert "standard input names no files" in empty.output
    missing = CliRunner().invoke(cli, ["finetune", "--task", "denoise", "--clean", f"@{tmp_path / 'none'}"])
    assert (missing.exit_code, "cannot be read" in missing.output) == (2, True)
