"""Pooling files: which verdicts count, and what is not pooled."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from rcl_calibration.intervals import bootstrap
from rcl_cli.cli.main import cli
from rcl_cli.profiles.images import ImageCalibration, calibrate_file
from rcl_cli.profiles.pools import pool_cameras
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.optical_black import OpticalBlack
from rcl_cli.raw.read import read_frame

Scene = NDArray[np.float64]
WriteRaws = Callable[[Sequence[float]], list[Path]]


def _run(*arguments: str | Path) -> Result:
    command = ["calibrate", *map(str, arguments)]
    return CliRunner().invoke(cli, command, standalone_mode=False, catch_exceptions=False)


def _lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def write_raws(scene: Scene, sensor: Callable[..., Any], tmp_path: Path) -> WriteRaws:
    """`write_raws(gains)`: raws of one camera at "ISO 800" whose variances are `gains` times the usual."""

    def write(gains: Sequence[float]) -> list[Path]:
        crops = [scene[:600, :800], scene[600:, :800], scene[:600, 800:], scene[600:, 800:]]
        paths = []
        for number, gain in enumerate(gains):
            made = sensor(1e-3 * gain, 2e-6 * gain)
            mosaic = made.expose(crops[number % 4], np.random.default_rng(number))
            shot = Metadata(make="Made", model="Up", iso=800.0)
            frame = RawFrame(mosaic, CFA.bayer("RGGB"), (made.black,) * 4, made.white, shot)
            paths.append(tmp_path / "raws" / f"{number}.dng")
            write_dng(paths[-1], frame)
        return paths

    return write


@pytest.fixture
def calibrated(write_raws: WriteRaws) -> list[ImageCalibration]:
    """Three images of one camera, and none has anything against it."""
    images = [calibrate_file(path) for path in write_raws([1.0, 1.0, 1.0])]
    assert [image.profile.quality for image in images] == ["ok"] * 3
    return images


def _doubted_by_border(image: ImageCalibration, monkeypatch: pytest.MonkeyPatch) -> ImageCalibration:
    """As if the frame had a shielded border whose black level is 20 DN from the file's."""
    border = OpticalBlack((148.0,) * 4, (3.0,) * 4, 5000)
    frame = read_frame(image.path)
    assert isinstance(frame, RawFrame)
    monkeypatch.setattr("rcl_cli.profiles.images.read_frame", lambda path, **how: replace(frame, optical_black=border))
    doubted = calibrate_file(image.path)
    assert doubted.profile.quality == "weak"
    assert "black level" in doubted.profile.reason
    return doubted


@pytest.mark.slow
def test_an_image_that_its_border_speaks_against_is_not_pooled(
    calibrated: list[ImageCalibration], monkeypatch: pytest.MonkeyPatch
) -> None:
    doubted = _doubted_by_border(calibrated[1], monkeypatch)
    (camera,) = pool_cameras([calibrated[0], doubted, calibrated[2]], [])
    assert camera.profile.quality == "ok"
    assert camera.images == (calibrated[0].path, calibrated[2].path)
    assert camera.dropped == ((doubted.path, doubted.profile.reason),)
    (without,) = pool_cameras([calibrated[0], calibrated[2]], [])
    assert camera.profile == without.profile


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
def test_where_every_border_speaks_against_the_pool_is_weak_and_says_so_once(
    calibrated: list[ImageCalibration], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubted = [_doubted_by_border(image, monkeypatch) for image in calibrated[:count]]
    (camera,) = pool_cameras(doubted, [])
    assert camera.profile.quality == "weak"
    assert camera.profile.reason.count("the black level is") == 1


@pytest.mark.slow
def test_each_image_is_bootstrapped_once(write_raws: WriteRaws, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []

    def count(*arguments: Any) -> Any:
        counted.append(arguments)
        return bootstrap(*arguments)

    monkeypatch.setattr("rcl_calibration.single_image.bootstrap", count)
    pool_cameras([calibrate_file(path) for path in write_raws([1.0, 1.0])], [])
    assert len(counted) == 2


@pytest.mark.slow
@pytest.mark.parametrize("gains", [(1.0, 1.44), (1.0, 1.0, 2.0), (1.0, 2.0, 1.0, 2.0), (1.0, 2.0, 4.0)])
def test_images_of_two_isos_under_one_name_are_not_pooled(
    gains: tuple[float, ...], write_raws: WriteRaws, store: Path
) -> None:
    paths = write_raws(gains)
    result = _run(paths[0].parent, "--json")
    assert result.return_value == 0
    lines = _lines(result)
    (camera,) = [line for line in lines if line["kind"] == "camera"]
    assert (camera["status"], camera["quality"]) == ("done", "weak")
    levels = sorted(set(gains))
    expected = [[str(paths[i]) for i, gain in enumerate(gains) if gain == level] for level in levels]
    assert [sorted(group) for group in camera["groups"]] == expected
    factor = np.sqrt(levels[-1] / levels[0])
    assert f"{len(levels)} groups" in camera["reason"]
    said = float(camera["reason"].partition("differs by ")[2].partition(" %")[0])
    assert said == pytest.approx(100 * (factor - 1), abs=5)
    assert result.stderr.count("gets no profile") == 1
    assert not (store / "profiles.json").exists()
    (line,) = _lines(_run(paths[0].parent, "--json", "--by", "camera"))
    assert line["groups"] == camera["groups"]


@pytest.mark.slow
@pytest.mark.parametrize("gains", [(1.0, 1.0), (1.0, 1.06), (1.0, 1.0, 1.0, 2.0)])
def test_images_of_one_iso_are_pooled_and_a_single_outlier_dropped(
    gains: tuple[float, ...], write_raws: WriteRaws, store: Path
) -> None:
    paths = write_raws(gains)
    (line,) = _lines(_run(paths[0].parent, "--json", "--by", "camera"))
    assert (line["quality"], line["groups"]) == ("ok", [])
    assert [one["path"] for one in line["dropped"]] == [str(path) for path in paths[3:]]
    assert (store / "profiles.json").exists()


@pytest.mark.slow
def test_isos_beyond_16_bits_are_told_apart(write_raws: WriteRaws) -> None:
    """Their ISO tag is 65535 in all."""
    paths = write_raws([1.0, 2.0])
    for path, iso in zip(paths, (102400.0, 204800.0), strict=True):
        frame = read_frame(path)
        assert isinstance(frame, RawFrame)
        write_dng(path, replace(frame, metadata=replace(frame.metadata, iso=iso)), overwrite=True)
    lines = _lines(_run(paths[0].parent, "--json", "--by", "camera", "--no-save"))
    assert [(line["iso"], line["images"]) for line in lines] == [(102400.0, 1), (204800.0, 1)]
