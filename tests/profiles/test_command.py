"""`rcl calibrate` on files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from rcl_cli.cli.main import cli
from rcl_cli.profiles.book import load_profiles

FIELDS = [
    *("kind", "path", "status", "reason", "camera", "iso", "cfa", "shot", "read", "shot_ci", "read_ci"),
    *("sigma_x", "sigma_ci", "x_range", "quality", "method", "black_level", "white_level", "seconds"),
]


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["calibrate", *map(str, arguments)], standalone_mode=False, catch_exceptions=False)


def _lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def picture(scene: NDArray[np.float64], tmp_path: Path) -> Path:
    """A 16-bit linear picture with noise λ_shot = 2e-3, λ_read = 1e-5 in each plane."""
    rng = np.random.default_rng(0)
    noisy = scene[:600, :800] + np.sqrt(2e-3 * scene[:600, :800] + 1e-5) * rng.standard_normal((600, 800, 3))
    path = tmp_path / "folder" / "picture.png"
    path.parent.mkdir()
    cv2.imwrite(str(path), np.clip(np.rint(noisy * 65535), 0, 65535).astype(np.uint16))
    return path


@pytest.mark.slow
def test_json_has_the_promised_fields(picture: Path) -> None:
    result = _run(picture, "--json", "--linear")
    (line,) = _lines(result)
    assert list(line) == FIELDS
    assert result.return_value == 0
    assert (line["kind"], line["path"], line["status"], line["reason"]) == ("image", str(picture), "done", "")
    assert line["cfa"] == "RGB"
    assert line["quality"] == "ok"
    assert line["shot"] == pytest.approx([2e-3] * 4, rel=0.1)
    assert np.array(line["shot_ci"]).shape == (4, 2)
    assert len(line["black_level"]) == 4
    x = np.array(line["sigma_x"])
    low, high = np.array(line["sigma_ci"][1]).T
    assert (low <= np.sqrt(line["shot"][1] * x + line["read"][1])).all()
    assert (np.sqrt(line["shot"][1] * x + line["read"][1]) <= high).all()
    assert 0 <= line["x_range"][0] < line["x_range"][1] <= 1


@pytest.mark.slow
def test_by_camera_counts_images(picture: Path) -> None:
    (line,) = _lines(_run(picture, "--json", "--linear", "--by", "camera"))
    assert list(line) == [*FIELDS, "images", "dropped", "groups"]
    assert (line["kind"], line["path"], line["status"]) == ("camera", None, "done")
    assert (line["images"], line["dropped"], line["groups"]) == (1, [], [])


@pytest.mark.slow
def test_a_bad_file_is_named_and_the_rest_is_done(picture: Path) -> None:
    (picture.parent / "bad.dng").write_bytes(b"II*\0" + b"\0" * 100)
    result = _run(picture.parent, "--linear")
    assert result.return_value == 1
    assert "picture.png" in result.stdout
    assert "bad.dng" in result.stderr
    for by in ("image", "camera"):
        lines = _lines(_run(picture.parent, picture.parent / "none", "--linear", "--json", "--by", by))
        failed = {Path(line["path"]).name: line for line in lines if line["status"] == "failed"}
        assert set(failed) == {"none", "bad.dng"}
        assert list(failed["none"]) == ["kind", "path", "status", "reason"]
        assert (failed["none"]["kind"], failed["none"]["reason"]) == ("image", "does not exist")
        assert [line["kind"] for line in lines if line["status"] == "done"] == [by]


def test_nothing_done_is_exit_code_2(tmp_path: Path) -> None:
    assert _run(tmp_path / "missing").return_value == 2


@pytest.mark.slow
@pytest.mark.realdata
def test_frames_of_one_camera_agree(realdata: Path, store: Path) -> None:
    """Four different scenes by one camera at one ISO have one noise level, so the estimates must agree."""
    files = sorted((realdata / "raw" / "bayer").glob("*s40*"))
    lines = _lines(_run(*files, "--json"))
    x = np.array([0.05, 0.18, 0.5])
    sigma = np.array([np.sqrt(line["shot"][0] * x + line["read"][0]) for line in lines if line["quality"] == "ok"])
    assert len(sigma) >= 3
    assert (sigma.max(axis=0) / sigma.min(axis=0) < 1.04).all()
    (profile,) = load_profiles(store / "profiles.json")
    assert (profile.camera, profile.iso) == ("Canon PowerShot S40", 50)
    # The shielded border of these files has a standard deviation of 0.70–0.75 DN, rounding included.
    read_dn = np.sqrt(profile.read[0]) * 991
    assert read_dn == pytest.approx(np.sqrt(0.72**2 - 1 / 12), rel=0.2)


@pytest.mark.slow
@pytest.mark.realdata
def test_lossy_files_are_never_trusted(realdata: Path) -> None:
    folder = realdata / "raw" / "bayer"
    files = [*folder.glob("*quicktake*"), *folder.glob("*dc50*"), folder / "kodak-dc120_P003911.KDC"]
    lines = _lines(_run(*files, "--json", "--no-save"))
    assert len(lines) == 7
    assert [line["path"] for line in lines if line["quality"] == "ok"] == []
    assert all(line["reason"] for line in lines)
