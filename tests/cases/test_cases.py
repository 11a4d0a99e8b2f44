"""Inputs that once went wrong, made by the script beside the shared pictures; what is right stands in its README."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from PIL import Image

import rcl_cli as rcl
from rcl_cli.cli.main import cli
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.metadata import read_metadata

pytestmark = [pytest.mark.realdata, pytest.mark.slow]

Lines = list[dict[str, Any]]
GAINS = (1.673, 1.0, 1.636)
"""Of the white point 0.3457, 0.3585 by the matrix of `whitexy`."""
KEPT = {
    **{"BaselineExposure": [1.5], "AnalogBalance": [1.2, 1, 0.8], "CameraSerialNumber": "SN123"},
    **{"ColorMatrix1": [1.1, -0.3, -0.1, -0.4, 1.2, 0.2, -0.1, 0.2, 0.5], "CalibrationIlluminant1": 17},
    **{"ColorMatrix2": [0.9, -0.2, -0.1, -0.4, 1.2, 0.2, -0.1, 0.2, 0.6], "CalibrationIlluminant2": 21},
    **{"CameraCalibration1": [1.1, 0, 0, 0, 1, 0, 0, 0, 0.9]},
    **{"DefaultCropOrigin": [8, 6], "DefaultCropSize": [124, 82]},
}


@pytest.fixture(scope="module")
def cases(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of each case."""
    script, folder = realdata.parent / "cases" / "make.py", tmp_path_factory.mktemp("cases")
    if not script.is_file():
        pytest.skip("needs the cases in ../shared/cases")
    subprocess.run([sys.executable, "-B", script, folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def lines() -> Callable[..., Lines]:
    """Runs `rcl` in the process, and gives what it prints as JSON; whatever it is to do, it does all of it."""

    def run(*arguments: object) -> Lines:
        result = CliRunner().invoke(cli, [*map(str, arguments), "--json"])
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    return run


def rcl_alone(*arguments: object, **surroundings: str) -> subprocess.CompletedProcess[str]:
    """`rcl` in a process of its own, which must come to an end."""
    command = [sys.executable, "-m", "rcl_cli", *map(str, arguments)]
    # What this process imports from, the other does too.
    found = os.pathsep.join([*(path for path in sys.path if path), surroundings.pop("site", "")])
    known = {**os.environ, "PYTHONPATH": found, **surroundings}
    return subprocess.run(command, env=known, capture_output=True, text=True, timeout=120, check=False)


def numbers(tag: tifffile.TiffTag) -> Any:
    """A tag's value; rationals divided."""
    if tag.dtype in (tifffile.DATATYPE.RATIONAL, tifffile.DATATYPE.SRATIONAL):
        return np.divide(tag.value[::2], tag.value[1::2])
    return tag.value


def test_whitexy_is_the_grey_that_its_white_point_says(cases: Path, lines: Any, tmp_path: Path) -> None:
    lines("apply", "--task", "demosaic", cases / "whitexy", "-o", tmp_path / "o", "--format", "tiff")
    cards = [tifffile.imread(tmp_path / f"o/{name}.tif").astype(float) for name in ("xy", "neutral")]
    assert np.abs(cards[0] - cards[1]).mean() < 0.001 * 65535
    for card in cards:
        assert card.reshape(-1, 3).mean(axis=0) / card.mean() == pytest.approx(1, abs=0.002)
    lines("apply", "--task", "demosaic", cases / "whitexy", "-o", tmp_path / "d")
    for path in (cases / "whitexy/xy.dng", cases / "whitexy/neutral.dng", tmp_path / "d/xy.dng"):
        assert read_metadata(path).white_balance == pytest.approx(GAINS, abs=0.001)


def test_highiso_is_four_isos_of_two_images(cases: Path, lines: Any) -> None:
    found = lines("calibrate", cases / "highiso", "--by", "camera")
    assert [(line["iso"], line["images"]) for line in found] == [(51200 * 2**n, 2) for n in range(4)]
    # Each ISO has twice the noise of the one below.
    shot = [line["shot"][0] for line in found]
    assert np.diff(np.log2(shot)) == pytest.approx(1, abs=0.2)


def test_names_of_any_bytes_and_length_are_done(cases: Path, lines: Any, tmp_path: Path) -> None:
    files = sorted(path.name for path in (cases / "names").iterdir())
    assert len(files) == 7
    calibrated = lines("calibrate", cases / "names", "--no-save", "--by", "image")
    assert [line["status"] for line in calibrated] == ["done"] * 7
    applied = lines("apply", "--task", "denoise", cases / "names", "-o", tmp_path / "o")
    assert [line["status"] for line in applied] == ["done"] * 7
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == files
    source, made = (read_metadata(folder / "20%done.dng") for folder in (cases / "names", tmp_path / "o"))
    assert (made.camera, made.white_balance) == (source.camera, source.white_balance)


@pytest.mark.parametrize("exiftool", [True, False])
def test_tags_are_as_in_the_source(
    cases: Path, lines: Any, tmp_path: Path, exiftool: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exiftool:
        monkeypatch.setenv("PATH", "")
    lines("apply", "--task", "denoise", cases / "tags", "-o", tmp_path)
    with tifffile.TiffFile(tmp_path / "a.dng") as tiff:
        pages = [tiff.pages[0], *(tiff.pages[0].pages or ())]
        found = {tag.name: numbers(tag) for page in pages for tag in page.tags}
    for name, value in KEPT.items():
        assert found[name] == (value if isinstance(value, str) else pytest.approx(value, abs=1e-6)), name


def test_tiff12_keeps_its_mid_grey(cases: Path, lines: Any, tmp_path: Path) -> None:
    lines("apply", "--task", "denoise", cases / "tiff12", "-o", tmp_path)
    assert tifffile.imread(tmp_path / "a.tif") / 65535 == pytest.approx(2048 / 4095, abs=0.002)


def test_thumbnail_is_not_taken_for_the_picture(cases: Path, lines: Any, tmp_path: Path) -> None:
    lines("apply", "--task", "denoise", cases / "thumbnail", "-o", tmp_path)
    assert tifffile.imread(tmp_path / "a.tif").shape == (64, 96, 3)
    whole = (np.random.default_rng(0).random((64, 96, 3)) * 65535).astype(np.uint16)
    values = rcl.read(cases / "thumbnail/a.tif", linear=True).normalized()
    assert values == pytest.approx(whole / 65535, abs=1e-6)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipe_is_left_out(cases: Path, tmp_path: Path) -> None:
    told = rcl_alone("info", cases / "pipe", "--json")
    assert [Path(json.loads(line)["path"]).name for line in told.stdout.splitlines()] == ["a.dng"], told.stderr
    done = rcl_alone("apply", "--task", "denoise", cases / "pipe", "-o", tmp_path / "o")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["a.dng"]


def test_plugin_is_named_as_broken_and_the_others_work(cases: Path, tmp_path: Path) -> None:
    site = {"site": str(cases / "plugin/site"), "RCL_LOAD_PLUGINS": "badname"}
    said = "task 'mytask' of badname 1.0: its module is to be 'my-module', which is no name of a Python module"
    tasks = rcl_alone("tasks", **site)
    assert tasks.returncode == 0
    assert all(name in tasks.stdout for name in ("denoise", "demosaic", "sr", "jdensr", "mytask"))
    assert f"Broken: {said}" in tasks.stderr
    plugins = rcl_alone("plugins", "--json", **site)
    assert plugins.returncode == 1
    failed = [json.loads(line) for line in plugins.stdout.splitlines() if '"failed"' in line]
    assert [(line["name"], line["distribution"]) for line in failed] == [("mytask", "badname")]
    wanted = rcl_alone("apply", "--task", "mytask", cases / "tags", "-o", tmp_path / "o", **site)
    assert (wanted.returncode, wanted.stdout) == (2, "")
    assert wanted.stderr.startswith(f"Error: {said}")
    other = rcl_alone("apply", "--task", "denoise", cases / "tags", "-o", tmp_path / "o", **site)
    assert other.returncode == 0, other.stderr


def test_black4x4_is_as_far_above_black_everywhere(cases: Path) -> None:
    frame = rcl.read(cases / "black4x4/a.dng")
    assert isinstance(frame, RawFrame)
    black = np.array(frame.black_level)[frame.cfa.planes(*frame.size)]
    assert frame.mosaic - black == pytest.approx(1000)
    assert frame.normalized() * (frame.white_level - black) == pytest.approx(1000, abs=0.01)


@pytest.mark.parametrize("name", ["even", "row", "column", "both"])
def test_oddarea_has_the_levels_of_its_colours(cases: Path, lines: Any, name: str) -> None:
    (line,) = lines("info", cases / f"oddarea/{name}.dng")
    assert (line["cfa"], line["black_level"]) == ("RGGB", [400, 500, 500, 600])
    frame = rcl.read(cases / f"oddarea/{name}.dng")
    assert isinstance(frame, RawFrame)
    assert frame.mosaic - np.array(frame.black_level)[frame.cfa.planes(*frame.size)] == pytest.approx(1000)


def test_icc_profiles_are_carried_without_exiftool(
    cases: Path, lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    lines("apply", "--task", "denoise", cases / "icc", "-o", tmp_path)
    for path in sorted((cases / "icc").iterdir()):
        with Image.open(path) as source, Image.open(tmp_path / path.name) as made:
            assert made.info["icc_profile"] == source.info["icc_profile"], path.name
