"""`rcl calibrate` on pairs, flats and darks, and what `rcl profiles` does with the results."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from rcl_calibration.darktable import SCALE
from rcl_cli.cli.main import cli
from rcl_cli.profiles.book import load_profiles, save_profiles
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.samples.camera import SAMPLE_CAMERA

ISO = 400.0
TRUTH = SAMPLE_CAMERA.noise_profile(ISO)
X = np.linspace(0.02, 0.8, 40)


def _run(*arguments: str | Path) -> Result:
    return _rcl("calibrate", *arguments)


def _profiles(*arguments: str | Path) -> Result:
    return _rcl("profiles", *arguments)


def _rcl(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)], standalone_mode=False, catch_exceptions=False)


def _write(path: Path, scene: NDArray[np.float64], seed: int, black_tag: float = 1024.0) -> None:
    frame = SAMPLE_CAMERA.expose(scene.astype(np.float32), ISO, CFA.bayer("GRBG"), np.random.default_rng(seed))
    path.parent.mkdir(exist_ok=True)
    write_dng(path, replace(frame, black_level=(black_tag,) * 4))


@pytest.fixture
def view(scene: NDArray[np.float64]) -> NDArray[np.float64]:
    return scene[:600, :800]


def test_frames_that_follow_each_other_are_paired(view: NDArray[np.float64], tmp_path: Path, store: Path) -> None:
    """A frame of another scene stands between: it is named and left out, its neighbours still find each other."""
    for number, shown in enumerate((view[::-1], view, view), start=1):
        _write(tmp_path / "frames" / f"{number}.dng", shown, number)
    result = _run("--pairs", tmp_path / "frames", "--json")
    assert result.return_value == 1
    failed, line = map(json.loads, result.stdout.splitlines())
    assert (failed["kind"], Path(failed["path"]).name, failed["status"]) == ("pairs", "1.dng", "failed")
    assert (line["kind"], line["path"], line["status"], line["reason"]) == ("pairs", None, "done", "")
    assert [Path(path).name for path in line["pairs"][0]] == ["2.dng", "3.dng"]
    assert (line["method"], line["images"], line["quality"], line["cfa"]) == ("pairs", 2, "ok", "GRBG")
    assert "pairs: 2.dng with 3.dng" in result.stderr
    assert "is no pair with 2.dng" in " ".join(result.stderr.split())
    sigma = np.sqrt(line["shot"][1] * X + line["read"][1])
    assert sigma == pytest.approx(TRUTH.sigma(X), rel=0.01)
    (profile,) = load_profiles(store / "profiles.json")
    assert profile.method == "pairs"


def test_flats_and_darks_are_measured_together(tmp_path: Path) -> None:
    ramp = np.linspace(0.15, 0.9, 800)[None, :, None].repeat(600, 0).repeat(3, 2)
    for number in range(2):
        _write(tmp_path / "flats" / f"{number}.dng", ramp, number)
        _write(tmp_path / "darks" / f"{number}.dng", np.zeros((600, 800, 3)), 10 + number)
    result = _run("--flats", tmp_path / "flats", "--darks", tmp_path / "darks", "--json", "--no-save")
    (line,) = map(json.loads, result.stdout.splitlines())
    assert line["method"] == "flats and darks"
    assert line["quality"] == "ok"
    assert np.sqrt(line["shot"][1] * X + line["read"][1]) == pytest.approx(TRUTH.sigma(X), rel=0.01)
    assert line["black_level_measured"] == pytest.approx([1024] * 4, abs=0.5)
    assert line["prnu"] == pytest.approx(0, abs=0.002)
    assert line["row_noise"] < 1e-4


def test_a_wrong_black_level_makes_darks_weak(tmp_path: Path) -> None:
    for number in range(2):
        _write(tmp_path / "darks" / f"{number}.dng", np.zeros((400, 400, 3)), number, black_tag=1040.0)
    result = _run("--darks", tmp_path / "darks")
    words = " ".join(result.stdout.split())
    assert "the black level is 1024" in words
    assert "unidentifiable" in words
    assert result.return_value == 0


def test_one_frame_is_no_pair(view: NDArray[np.float64], tmp_path: Path) -> None:
    _write(tmp_path / "frames" / "1.dng", view, 1)
    result = _run("--pairs", tmp_path / "frames")
    assert result.return_value == 2
    said = " ".join(result.stderr.split())
    assert "1.dng" in said
    assert "second frame" in said


def test_profiles_are_shown_merged_and_exported(tmp_path: Path, store: Path) -> None:
    isos = (100.0, 400.0)
    given = tmp_path / "given.json"
    save_profiles(given, [replace(SAMPLE_CAMERA.noise_profile(iso), method="given") for iso in isos])
    merged = _profiles("merge", given)
    assert merged.return_value == 0
    assert f"2 runs added from {given}\n" in merged.stderr
    shown = [json.loads(line) for line in _profiles("show", "--json").stdout.splitlines()]
    assert [(line["iso"], line["runs"]) for line in shown] == [(100.0, 1), (400.0, 1)]
    stored = str(store / "profiles.json")
    assert [(line["kind"], line["path"], line["status"]) for line in shown] == [("profile", stored, "done")] * 2
    assert len(shown[0]["sigma_x"]) == 7
    again = _profiles("merge", given)
    assert again.return_value == 0
    assert f"0 runs added from {given}; 2 were in the store already" in again.stderr
    assert load_profiles(store / "profiles.json") == load_profiles(given)

    dng, android, darktable = (tmp_path / name for name in ("dng", "android", "darktable.json"))
    for name, path in (("dng", dng), ("android", android), ("darktable", darktable)):
        assert _profiles("export", path, "--format", name).return_value == 0
    first = json.loads(dng.read_text().splitlines()[0])
    assert first["NoiseProfile"] == [shown[0]["shot"][0], shown[0]["read"][0]] * 3
    pairs = json.loads(android.read_text().splitlines()[1])["SENSOR_NOISE_PROFILE"]
    assert np.array(pairs).shape == (4, 2)
    assert pairs[0] == [shown[1]["shot"][0], shown[1]["read"][0]]
    (maker,) = json.loads(darktable.read_text())["noiseprofiles"]
    (model,) = maker["models"]
    low, high = model["profiles"]
    assert (maker["maker"], model["model"], low["iso"], high["iso"]) == ("rcl", "Sample", 100, 400)
    for entry, line in ((low, shown[0]), (high, shown[1])):
        assert entry["a"] == pytest.approx([SCALE * line["shot"][plane] for plane in (0, 1, 3)])
        assert entry["b"] == pytest.approx([SCALE * line["read"][plane] for plane in (0, 1, 3)])


def test_a_folder_may_be_called_like_a_verb(
    view: NDArray[np.float64], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "show" / "1.dng", view, 1)
    monkeypatch.chdir(tmp_path)
    assert "1.dng" in _run("show", "--no-save").stdout
    nothing = _profiles("show")
    assert "No profiles yet" in nothing.stderr
    assert nothing.return_value == 2


@pytest.mark.slow
def test_plots_are_written(view: NDArray[np.float64], tmp_path: Path) -> None:
    for number in range(2):
        _write(tmp_path / "frames" / f"{number}.dng", view, number)
    _run("--pairs", tmp_path / "frames", "--plot", tmp_path / "plots")
    assert (tmp_path / "plots" / "rcl-sample.png").read_bytes().startswith(b"\x89PNG")
    assert _profiles("show", "--plot", tmp_path / "shown").return_value == 0
    assert (tmp_path / "shown" / "rcl-sample.png").exists()


def test_a_lack_of_what_draws_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    (tmp_path / "a.dng").write_bytes(b"no raw")
    for words in (("calibrate", tmp_path / "a.dng"), ("profiles", "show")):
        told = CliRunner().invoke(cli, [*map(str, words), "--plot", str(tmp_path / "plots")])
        assert told.exit_code == 2
        assert told.stderr.count("\n") == 1
        assert "rcl-cli[plots]" in told.stderr
    assert not (tmp_path / "plots").exists()


@pytest.mark.slow
@pytest.mark.realdata
def test_darks_smaller_than_their_rounding_are_never_trusted(realdata: Path) -> None:
    """12-bit darks stored in 8 bits, cut off at black: nothing is left of their read noise."""
    result = _run("--darks", realdata / "paired" / "flea3-ladder" / "dark", "--linear", "--json")
    lines: list[dict[str, Any]] = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 1
    assert lines[0]["images"] == 14
    assert lines[0]["quality"] != "ok"
    assert lines[0]["reason"]
