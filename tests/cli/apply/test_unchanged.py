"""A picture that is left as it is: the terminal and the JSON lines say so, and why, and what helps does help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from rcl_cli.cli.main import cli

from .conftest import Run

SIZE = (160, 240)
SIGMA = 8.0


def _stored(path: Path, values: np.ndarray) -> None:
    cv2.imwrite(str(path), np.clip(values, 0, 255).round().astype(np.uint8))


def _noise() -> np.ndarray:
    """As processing spreads it."""
    rng = np.random.default_rng(0)
    small = rng.normal(0, 1, (SIZE[0] // 2, SIZE[1] // 2, 3))
    large = cv2.resize(small, SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    return SIGMA * large / large.std()


def _ramp() -> np.ndarray:
    return np.linspace(30, 220, SIZE[1])[None, :, None] * np.ones((*SIZE, 3))


def _page() -> np.ndarray:
    """Dark text on white that is clipped: no block is flat and unclipped."""
    page = np.full((*SIZE, 3), 255, np.uint8)
    for row in range(0, SIZE[0], 24):
        cv2.putText(page, "The quick brown fox", (2, row + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (30, 30, 30), 2)
    values = page.astype(float)
    return np.asarray(np.where(values > 250, 330.0, values))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    _stored(folder / "clean.png", _ramp())
    _stored(folder / "noisy.png", _ramp() + _noise())
    _stored(folder / "page.png", _page() + _noise())
    _stored(folder / "white.png", np.full((*SIZE, 3), 255.0))
    return folder


def _run(apply: Callable[..., Run], folder: Path, *more: object) -> Run:
    how = ("--task", "denoise", "--device", "cpu", "--overwrite", "-o", folder.parent / "out")
    result = apply(*how, folder, *more)
    assert result.exit_code == 0, result.stderr
    return result


def _same(folder: Path, name: str) -> bool:
    before, after = (cv2.imread(str(place / name)) for place in (folder, folder.parent / "out"))
    return before is not None and after is not None and bool(np.array_equal(before, after))


WHY = {"clean.png": "no noise was found", "page.png": "may be texture", "white.png": "noise level is not known"}


@pytest.mark.slow
def test_lines_say_which_pictures_were_left_and_why(pictures: Path, apply: Callable[..., Run]) -> None:
    result = _run(apply, pictures, "--json")
    lines = {Path(line["path"]).name: line for line in result.lines}
    for name, line in lines.items():
        assert line["status"] == "done"
        assert line["unchanged"] is _same(pictures, name) is (name in WHY)
        assert bool(line["reason"]) is line["reason"].startswith("left as it is: ") is (name in WHY)
    for name, words in WHY.items():
        assert words in lines[name]["reason"]
    assert lines["white.png"]["quality"] == "unidentifiable"
    assert lines["noisy.png"]["quality"] == "weak"
    summary = [sentence for sentence in result.stderr.splitlines() if sentence.startswith("1 left as it is: ")]
    assert len(summary) == len(WHY)
    assert all(any(words in sentence for sentence in summary) for words in WHY.values())


@pytest.mark.slow
@pytest.mark.parametrize("more", [("--strength", 0), ("--strength", 0, "--ensemble")])
def test_a_strength_of_0_leaves_all(pictures: Path, apply: Callable[..., Run], more: tuple[object, ...]) -> None:
    result = _run(apply, pictures, *more, "--json")
    assert {line["reason"] for line in result.lines} == {"left as it is: the strength is 0"}
    assert "4 left as they are: the strength is 0" in result.stderr


@pytest.mark.slow
def test_raws_with_noise_are_not_called_unchanged(
    tmp_path: Path, apply: Callable[..., Run], raw: Callable[..., object]
) -> None:
    (tmp_path / "in").mkdir()
    raw(tmp_path / "in" / "a.dng", shape=(128, 160))
    (line,) = _run(apply, tmp_path / "in", "--json").lines
    assert line["unchanged"] is False
    (line,) = _run(apply, tmp_path / "in", "--json", "--strength", 0).lines
    assert line["unchanged"] is True


@pytest.mark.slow
def test_a_page_of_text_is_denoised_by_the_noise_of_another_picture(pictures: Path, apply: Callable[..., Run]) -> None:
    page = pictures / "page.png"
    for more in ((), ("--iso", 6400)):  # whose noise is less than what text differs by
        (line,) = _lines(apply, page, *more)
        assert line["unchanged"] is True
        assert "--profile FILE" in line["reason"]
    (line,) = _lines(apply, page, "--profile", pictures / "noisy.png")
    assert (line["unchanged"], line["profile"]) == (False, "given")
    ink = _page()[..., 0] < 60
    found = [cv2.imread(str(place / "page.png")) for place in (pictures, pictures.parent / "out")]
    errors = [np.abs(values.astype(float) - _page())[ink].mean() for values in found if values is not None]
    assert errors[1] < errors[0]


def _lines(apply: Callable[..., Run], *arguments: object) -> list[dict[str, Any]]:
    folder = Path(str(arguments[0])).parent.parent
    result = apply("--task", "denoise", "--device", "cpu", "--overwrite", "-o", folder / "out", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return result.lines


@pytest.mark.slow
def test_a_picture_that_tells_no_noise_is_refused_as_profile(pictures: Path, apply: Callable[..., Run]) -> None:
    for name in ("page.png", "white.png", "clean.png"):
        result = apply("--task", "denoise", pictures, "--profile", pictures / name)
        assert result.exit_code == 2
        assert f"{name}: tells no noise level" in " ".join(result.stderr.split())


def test_profiles_of_an_unknown_camera_are_kept_where_they_are_asked_for(tmp_path: Path, store: Path) -> None:
    rng = np.random.default_rng(0)
    _stored(tmp_path / "scan.png", _ramp() + rng.normal(0, SIGMA, (*SIZE, 3)))
    kept, scan = tmp_path / "p.json", str(tmp_path / "scan.png")
    result = CliRunner().invoke(cli, ["calibrate", scan, "--output", str(kept)])
    assert result.exit_code == 0, result.output
    assert kept.is_file()
    assert not (store / "profiles.json").exists()
    result = CliRunner().invoke(cli, ["calibrate", scan])
    assert "unknown camera are not kept in the store" in " ".join(result.stderr.split())
