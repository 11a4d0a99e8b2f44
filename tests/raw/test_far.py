"""Floating-point pictures with values that are no light: a right result or one sentence, and no warning of NumPy's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner

from rcl_cli.cli.main import cli
from rcl_cli.errors import FileError
from rcl_cli.raw.far import refuse_far
from rcl_cli.raw.read import read_frame

PLACE = (40, 50)


def _picture(path: Path, value: float, kind: type = np.float32, *, everywhere: bool = False) -> Path:
    values: np.ndarray = np.clip(0.4 + 0.03 * np.random.default_rng(0).standard_normal((96, 128, 3)), 0, None).astype(
        kind
    )
    if everywhere:
        values *= kind(value)
    else:
        values[PLACE] = value
    tifffile.imwrite(path, values, photometric="rgb")
    return path


def _run(*arguments: object, code: int) -> str:
    result = CliRunner().invoke(cli, [*map(str, arguments)])  # warnings are errors in the tests
    assert result.exit_code == code, result.output
    assert "unexpected" not in result.output
    return " ".join(result.output.split())


def test_values_of_64_bits_that_float32_cannot_hold_are_refused(tmp_path: Path) -> None:
    path = _picture(tmp_path / "a.tif", 1e300, np.float64)
    with pytest.raises(FileError, match="too large to be light"):
        read_frame(path)


@pytest.mark.parametrize(("value", "fine"), [(9e3, True), (-9e3, True), (2e4, False), (-2e4, False), (3e38, False)])
def test_what_is_learnt_from_is_near_light(tmp_path: Path, value: float, fine: bool) -> None:
    frame = read_frame(_picture(tmp_path / "a.tif", value))
    if fine:
        assert refuse_far(frame, tmp_path) is frame
    else:
        with pytest.raises(FileError, match=r"holds values as far from 0 \(black\) and 1 \(white\) as"):
            refuse_far(frame, tmp_path)


@pytest.mark.slow
def test_calibrating_them_tells_the_noise_of_the_rest(tmp_path: Path) -> None:
    known = _run("calibrate", _picture(tmp_path / "a.tif", 0.4), "--json", "--no-save", code=0)
    for value in (3e38, -3e38, 1e20):
        found = _run("calibrate", _picture(tmp_path / "a.tif", value), "--json", "--no-save", code=0)
        assert found.partition('"shot"')[2][:12] == known.partition('"shot"')[2][:12]
    pairs = [_picture(tmp_path / f"{i}.tif", 3e38, everywhere=i > 1) for i in range(4)]
    result = CliRunner().invoke(cli, ["calibrate", "--pairs", *map(str, pairs), "--no-save"])
    assert "unexpected" not in result.output


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--ensemble",), ("--strength", "auto"), ("--chroma-strength", 0.5)])
def test_applying_a_task_keeps_them_or_says_so(tmp_path: Path, more: tuple[object, ...]) -> None:
    folder, profile = tmp_path / "in", tmp_path / "p.json"
    folder.mkdir()
    profile.write_text('{"shot": [1e-3, 1e-3, 1e-3, 1e-3], "read": [1e-5, 1e-5, 1e-5, 1e-5]}')
    high = _picture(folder / "high.tif", 3e38)
    _picture(folder / "low.tif", -3e38)
    how = ("--task", "denoise", folder, "-o", tmp_path / "out", "--profile", profile, "--device", "cpu", *more)
    said = _run("apply", *how, code=1)
    assert "low.tif holds values as far from 0 (black) and 1 (white) as 3e+38" in said
    made, source = tifffile.imread(tmp_path / "out" / "high.tif"), tifffile.imread(high)
    assert np.isfinite(made).all()
    assert made[PLACE] == pytest.approx(3e38, rel=1e-3)
    away = np.ones(made.shape[:2], bool)
    away[PLACE[0] - 8 : PLACE[0] + 9, PLACE[1] - 8 : PLACE[1] + 9] = False
    assert made[away].mean() == pytest.approx(source[away].mean(), abs=5e-3)


@pytest.mark.slow
def test_the_other_verbs_say_it_in_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        _picture(folder / f"{number}.tif", -3e38)
    for line in (
        ("simulate", folder, "-o", tmp_path / "pairs", "--domain", "bayer"),
        ("pretrain", folder, "--steps", 1, "--crop", 16, "--cache", tmp_path / "cache"),
        ("finetune", "--task", "denoise", "--clean", folder, "--steps", 1, "--crop", 16),
    ):
        assert "which are no light" in _run(*line, code=2)


@pytest.mark.slow
def test_nothing_of_it_is_on_the_terminal(tmp_path: Path) -> None:
    path = _picture(tmp_path / "a.tif", 3e38, everywhere=True)
    line = [sys.executable, "-m", "rcl_cli", "calibrate", str(path), "--no-save"]
    finished = subprocess.run(line, capture_output=True, text=True, check=False)
    assert "Warning" not in finished.stderr + finished.stdout
