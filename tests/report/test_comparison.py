"""Figures of before and after against known truths."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from rcl_cli.cli.main import cli
from rcl_cli.errors import RclError
from rcl_cli.report.comparison import compare, fitted

from .pictures import picture


def rcl(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


def flat(sigma: float, seed: int = 0) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).standard_normal((256, 320, 3))
    return (0.5 + sigma * noise).astype(np.float32)


def stored(sigma: float) -> NDArray[np.uint8]:
    return np.clip(flat(sigma) * 255, 0, 255).astype(np.uint8)


def test_noise_is_that_of_brightness() -> None:
    found = compare(flat(0.05), flat(0.01, 1))
    # The mean of three colours has 1/√3 of the noise of each.
    assert found.noise_before == pytest.approx(0.05 * 255 / math.sqrt(3), rel=0.05)
    assert found.noise_removed == pytest.approx(0.8, abs=0.02)
    assert found.psnr_db == pytest.approx(-10 * math.log10(0.05**2 + 0.01**2), abs=0.05)


def test_means_clipping_and_what_changed_most() -> None:
    before = np.full((200, 300, 3), 0.5, np.float32)
    after = before.copy()
    after[..., 0] = 0.6
    after[120:160, 200:240] = 1.0
    found = compare(before, after, side=40)
    assert found.crop == (200, 120, 40, 40)
    assert found.clipped_before == 0
    assert found.clipped_after == pytest.approx(1600 / 60000)
    linear = [((value + 0.055) / 1.055) ** 2.4 for value in (0.5, 0.6)]
    share = 1600 / 60000
    assert found.mean_change[0] == pytest.approx(((1 - share) * linear[1] + share) / linear[0] - 1, rel=1e-4)
    assert found.mean_change[1] == pytest.approx(share * (1 / linear[0] - 1), rel=1e-3)
    assert compare(before, before).psnr_db == math.inf
    assert compare(before, before).noise_removed == 0


def test_sizes() -> None:
    small = np.zeros((20, 30, 3), np.float32)
    assert fitted(small, np.zeros((40, 60, 3), np.float32)).shape == (40, 60, 3)
    for shape in ((20, 31, 3), (30, 20, 3), (10, 15, 3), (40, 30, 3)):
        with pytest.raises(RclError, match="pixels"):
            fitted(small, np.zeros(shape, np.float32))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Pictures, and results by another program and under other names."""
    source, result = tmp_path / "in", tmp_path / "out"
    for folder in (source / "day", result / "day"):
        folder.mkdir(parents=True)
    for name, other in (("a.png", "a.tif"), ("day/b.png", "day/b.png.jpg")):
        cv2.imwrite(str(source / name), stored(0.1))
        cv2.imwrite(str(result / other), stored(0.01))
    cv2.imwrite(str(source / "c.png"), np.zeros((9, 9, 3), np.uint8))
    return source, result


def test_folders_pair_by_name(folders: tuple[Path, Path], tmp_path: Path) -> None:
    result = rcl("compare", *folders, "-o", tmp_path / "sides", "--size", 64, "--json")
    assert result.exit_code == 1
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(Path(line["path"]).name, line["status"]) for line in lines] == [
        ("a.png", "done"), ("b.png", "done"), ("c.png", "failed"),
    ]  # fmt: skip
    assert lines[2]["reason"].startswith("has no result in")
    assert lines[0]["noise_removed"] > 0.8
    for name in ("a.png.png", "day/b.png.png"):
        side = cv2.imread(str(tmp_path / "sides" / name))
        assert side is not None
        assert side.shape == (64, 132, 3)
    kept = tmp_path / "sides" / "a.png.png"
    kept.write_bytes(b"mine")
    again = rcl("compare", *folders, "-o", tmp_path / "sides", "--json")
    assert again.exit_code == 1
    assert "2 pictures existed already and are kept; use --overwrite" in again.stderr
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert [line["status"] for line in lines] == ["done", "done", "failed"]  # the figures are there nonetheless
    assert kept.read_bytes() == b"mine"
    assert rcl("compare", *folders, "-o", tmp_path / "sides", "--overwrite").exit_code == 1
    assert cv2.imread(str(kept)) is not None
    assert rcl("compare", *folders, "--no-pictures").exit_code == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_is_said(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    real = os.open

    def full(path: object, *how: object, **more: object) -> int:
        return real("/dev/full", os.O_WRONLY) if "/.rcl-" in str(path) else real(path, *how, **more)  # type: ignore

    monkeypatch.setattr(os, "open", full)
    monkeypatch.setattr(Path, "write_bytes", lambda path, data: os.write(full(path), data))
    result = rcl("compare", folders[0] / "a.png", folders[1] / "a.tif", "-o", tmp_path / "sides")
    assert result.exit_code == 2
    assert "because the disk is full" in result.stderr
    assert not capfd.readouterr().err  # libraries have nothing to say


def test_two_files_are_one_pair_and_nothing_else(folders: tuple[Path, Path], tmp_path: Path) -> None:
    source, made = folders
    result = rcl("compare", source / "a.png", made / "a.tif", "-o", tmp_path / "x", "--json")
    assert result.exit_code == 0, result.stderr
    (line,) = map(json.loads, result.stdout.splitlines())
    assert (line["path"], line["result"]) == (str(source / "a.png"), str(made / "a.tif"))
    assert "given twice" in rcl("compare", source / "a.png", source / "a.png").stderr


def test_several_results_of_one_file_have_a_picture_each(tmp_path: Path) -> None:
    source = picture(tmp_path / "in" / "a.png", 1)
    for task in ("denoise", "other", "third/other"):
        picture(tmp_path / "in" / task / "a.png", 2, source)
    result = rcl("compare", source, tmp_path / "in", "-o", tmp_path / "sides", "--json")
    assert result.exit_code == 0, result.stderr
    outputs = {Path(json.loads(line)["output"]).name for line in result.stdout.splitlines()}
    assert outputs == {"a.png-denoise.png", "a.png-other.png", "a.png-other-2.png"}
    assert {path.name for path in (tmp_path / "sides").iterdir()} == outputs


def test_files_that_are_no_pair_are_told(folders: tuple[Path, Path], tmp_path: Path) -> None:
    source, _ = folders
    result = rcl("compare", source / "a.png", source / "c.png", "-o", tmp_path / "x")
    assert result.exit_code == 2
    assert "is 9×9 pixels, and its source 320×256" in result.stderr
    assert not (tmp_path / "x").exists()
    missing = rcl("compare", source, tmp_path / "none")
    assert missing.exit_code == 2
    assert missing.stderr == f"Error: {tmp_path / 'none'}: does not exist\n"
    (tmp_path / "empty").mkdir()
    assert rcl("compare", source, tmp_path / "empty").exit_code == 2


@pytest.mark.slow
def test_raws_and_their_results(tmp_path: Path) -> None:
    rcl("samples", tmp_path / "raws", "--count", 2, "--size", 128, "--iso", 6400)
    made = rcl("apply", "--task", "denoise", tmp_path / "raws", "--suffix", "_dn", "--device", "cpu")
    assert made.exit_code == 0, made.output
    result = rcl("compare", tmp_path / "raws", tmp_path / "raws", "-o", tmp_path / "sides", "--json")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert Path(line["result"]).stem == f"{Path(line['path']).stem}_dn"
        assert line["noise_removed"] > 0.3
        assert max(map(abs, line["mean_change"])) < 0.01  # though noise below black cannot be shown
