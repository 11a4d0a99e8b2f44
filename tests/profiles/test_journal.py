"""A calibration of many files that was stopped or killed keeps what it has measured."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from rcl_calibration.exchange import read_runs
from rcl_cli.cli import calibration_files
from rcl_cli.cli.main import cli
from rcl_cli.profiles import journal
from rcl_cli.profiles.images import ImageCalibration, calibrate_file
from rcl_cli.profiles.journal import Journal, plain, restored
from rcl_cli.profiles.pools import pool_cameras
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["calibrate", *map(str, arguments)])


@pytest.fixture
def folder(scene: NDArray[np.float64], sensor: Callable[..., Any], tmp_path: Path) -> Path:
    """Four raws of one camera."""
    place = tmp_path / "raws"
    for number in range(4):
        taken = sensor(shot=2e-3, read=1e-5)
        mosaic = taken.expose(scene[:480, :640], np.random.default_rng(number))
        about = Metadata(make="Imaginary", model="One", iso=800.0)
        frame = RawFrame(mosaic, CFA.bayer("RGGB"), (taken.black,) * 4, taken.white, about)
        write_dng(place / f"{number}.dng", frame)
    return place


class Killed(BaseException):
    """What nobody catches."""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["killed", "stopped"])
def test_the_same_command_goes_on_and_ends_like_an_unbroken_one(
    folder: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    assert _run(folder, "--store", tmp_path / "whole").exit_code == 0
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    measured: list[str] = []

    def measuring(path: Path, *, linear: bool) -> ImageCalibration:
        if len(measured) == 2 and "stop" not in measured:
            measured.append("stop")
            if way == "killed":
                raise Killed
            time.sleep(0.5)  # those before have come out of their thread by then
            signal.raise_signal(signal.SIGTERM)
        measured.append(path.name)
        return calibrate_file(path, linear=linear)

    monkeypatch.setattr(journal, "calibrate_file", measuring)
    if way == "killed":
        with pytest.raises(Killed):
            _run(folder)
        assert not (store / "profiles.json").exists()
    else:
        result = _run(folder)
        assert result.exit_code == 130
        assert "Run the same command again to do the rest" in result.stderr
        ((run,),) = read_runs(store / "profiles.json")
        assert sorted(name.split()[0] for name in run.sources) in (["0.dng"], ["0.dng", "1.dng"])
    assert _run(folder).exit_code == 0
    assert sorted(measured) == ["0.dng", "1.dng", "2.dng", "3.dng", "stop"]
    assert (store / "profiles.json").read_bytes() == (tmp_path / "whole" / "profiles.json").read_bytes()
    assert not (store / "unfinished").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("when", ["save", "plot"])
def test_a_signal_after_the_last_measurement_is_told_that_it_is_kept(
    folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch, number: int, when: str
) -> None:
    def asked(*arguments: object) -> list[Any]:
        signal.raise_signal(number)
        return []

    with monkeypatch.context() as context:
        context.setattr(calibration_files, when, asked)
        result = _run(folder)
    assert result.exit_code == 130
    assert "Interrupted. What has been measured is saved. Run the same command again" in " ".join(result.stderr.split())
    measured: list[Path] = []
    monkeypatch.setattr(journal, "calibrate_file", lambda path, **_: measured.append(path))
    assert _run(folder).exit_code == 0
    assert measured == []
    assert (store / "profiles.json").is_file()


@pytest.mark.slow
def test_a_measurement_is_the_same_after_it_was_kept(folder: Path, tmp_path: Path) -> None:
    made = calibrate_file(folder / "0.dng")
    again = restored(ImageCalibration, plain(made))
    assert plain(again) == plain(made)
    assert again.profile == made.profile
    (one,), (other,) = (pool_cameras([calibration], []) for calibration in (made, again))
    assert replace(one, seconds=0, measurements=()).profile == replace(other, seconds=0, measurements=()).profile


@pytest.mark.slow
def test_a_changed_file_or_a_damaged_entry_is_measured_anew(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[Path] = []
    made = calibrate_file(folder / "0.dng")

    def measuring(path: Path, *, linear: bool) -> ImageCalibration:
        measured.append(path)
        return made

    monkeypatch.setattr(journal, "calibrate_file", measuring)
    kept = Journal(tmp_path / "journal")
    for _ in range(2):
        kept.measure(folder / "0.dng")
    assert len(measured) == 1
    (entry,) = (tmp_path / "journal").iterdir()
    for damage in (b"", b"{}", b"[1]", b'{"path": 1}', entry.read_bytes()[:-9]):
        entry.write_bytes(damage)
        kept.measure(folder / "0.dng")
    assert len(measured) == 6
    (folder / "0.dng").touch()
    kept.measure(folder / "0.dng")
    assert len(measured) == 7


@pytest.mark.slow
def test_a_store_that_cannot_be_written_does_not_keep_the_output_from_being(
    folder: Path, store: Path, tmp_path: Path
) -> None:
    store.rmdir()
    store.write_text("no folder")
    result = _run(folder / "0.dng", "--output", tmp_path / "profiles.json")
    assert result.exit_code == 1, result.output
    assert len(read_runs(tmp_path / "profiles.json")) == 1
    assert "what should be its folder is a file" in " ".join(result.stderr.split())


def test_where_nothing_can_be_written_nothing_is_measured(folder: Path, store: Path) -> None:
    store.rmdir()
    store.write_text("no folder")
    result = _run(folder, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
