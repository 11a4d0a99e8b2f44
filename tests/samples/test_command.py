from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.read import read_frame


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["samples", *map(str, arguments)])


def test_writes_raws_and_the_truth(tmp_path: Path) -> None:
    result = run(tmp_path, "--count", 3, "--size", "48x64", "--iso", "100,3200", "--cfa", "bggr")
    assert result.exit_code == 0, result.output
    truth = json.loads((tmp_path / "truth.json").read_text())["files"]
    assert [t["iso"] for t in truth] == [100, 3200, 100]
    assert sorted(p.name for p in tmp_path.glob("*.dng")) == [t["file"] for t in truth]
    for record in truth:
        frame = read_frame(tmp_path / record["file"])
        assert isinstance(frame, RawFrame)
        assert frame.mosaic.shape == (48, 64)
        assert frame.cfa.name == record["cfa"] == "BGGR"
        assert frame.metadata.iso == record["iso"]
        assert list(frame.black_level) == record["black_level"]
        # One electron is 1e-6 of the range per unit of ISO.
        assert record["shot"] == pytest.approx([1e-6 * record["iso"]] * 4)


def test_same_command_same_bytes_other_seed_other_picture(tmp_path: Path) -> None:
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert run(tmp_path / folder, "--count", 1, "--size", 32, "--seed", seed, "--cfa", "xtrans").exit_code == 0
    a, b, c = (next((tmp_path / folder).glob("*.dng")).read_bytes() for folder in "abc")
    assert a == b
    assert a != c


def test_json_has_one_line_a_file_and_existing_files_are_kept(tmp_path: Path) -> None:
    assert run(tmp_path, "--count", 1, "--size", 32).exit_code == 0
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    result = run(tmp_path, "--count", 2, "--size", 32, "--seed", 5, "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["status"] for line in lines] == ["skipped", "done"]
    assert {"file", "iso", "cfa", "shot", "read", "reason"} <= lines[0].keys()
    assert all(p.read_bytes() == data for p, data in before.items() if p.suffix == ".dng")
    assert run(tmp_path, "--count", 1, "--size", 32, "--seed", 5, "--overwrite").exit_code == 0
    assert any(p.read_bytes() != data for p, data in before.items() if p.suffix == ".dng")


def test_clean_files_have_the_same_names(tmp_path: Path) -> None:
    result = run(tmp_path / "noisy", "--clean", tmp_path / "clean", "--count", 2, "--size", 32)
    assert result.exit_code == 0, result.output
    noisy, clean = ({p.name for p in (tmp_path / half).glob("*.dng")} for half in ("noisy", "clean"))
    assert noisy == clean
    assert len(noisy) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--size", "big"),
        ("--size", "0x10"),
        ("--iso", "fast"),
        ("--iso", "1"),
        ("--kind", "static"),
        ("--cfa", "RGBW"),
        ("--count", "0"),
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_message_and_nothing_written(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = run(tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in result.output
