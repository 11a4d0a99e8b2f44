"""What comes out: formats, sizes, values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rawpy

from rcl_calibration.profile import NoiseProfile
from rcl_cli.profiles.book import save_profiles
from rcl_cli.profiles.lattices import labels
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.read import read_frame

Call = Callable[..., Any]
FIELDS = [
    *("kind", "path", "status", "reason", "output", "task", "model", "unchanged", "profile"),
    *("quality", "shot", "read", "strength", "chroma_strength", "seconds", "megapixels"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("task", "scale"), [("denoise", 1), ("demosaic", 1), ("sr", 2), ("jdensr", 2)])
def test_raws_become_dngs_that_open(
    apply: Call, task: str, scale: int, raws: Path, heads: Path, tmp_path: Path
) -> None:
    result = apply("--task", task, raws, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.stderr
    assert [list(line) for line in result.lines] == [FIELDS] * 2
    assert {line["status"] for line in result.lines} == {"done"}
    for name in ("a.dng", "day/b.dng"):
        source, made = read_frame(raws / name), read_frame(tmp_path / "out" / name)
        assert isinstance(source, RawFrame)
        height, width = source.mosaic.shape
        if task == "denoise":
            assert isinstance(made, RawFrame)
            assert made.cfa == source.cfa
            assert made.mosaic.shape == (height, width)
            assert made.normalized().mean() == pytest.approx(source.normalized().mean(), abs=1e-3)
        else:
            assert not isinstance(made, RawFrame)
            assert made.rgb.shape == (height * scale, width * scale, 3)
            green = source.cfa.colors(height, width) == 1
            assert made.rgb[..., 1].mean() == pytest.approx(source.normalized()[green].mean(), abs=3e-3)
        with rawpy.imread(str(tmp_path / "out" / name)) as raw:
            # LibRaw interpolates no X-Trans below 512 pixels.
            half = name == "day/b.dng" and task == "denoise"
            expected = (-(-height // 2), -(-width // 2), 3) if half else (height * scale, width * scale, 3)
            assert raw.postprocess(user_flip=0, half_size=half).shape == expected


@pytest.mark.slow
def test_pictures_keep_their_kind_and_their_colours(apply: Call, picture: Call, heads: Path, tmp_path: Path) -> None:
    for suffix in ("png", "tif", "jpg"):
        picture(tmp_path / "in" / f"{suffix}s.{suffix}")
    result = apply("--task", "denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    for suffix in ("png", "tif", "jpg"):
        before, after = (cv2.imread(str(tmp_path / place / f"{suffix}s.{suffix}")) for place in ("in", "out"))
        assert before is not None
        assert after is not None
        assert after.shape == before.shape
        assert np.abs(after.astype(int) - before).mean() < 12


@pytest.mark.slow
def test_strength_0_of_denoise_gives_the_input_exactly(
    apply: Call, picture: Call, raws: Path, heads: Path, tmp_path: Path
) -> None:
    before_png = picture(raws / "c.png")
    result = apply("--task", "denoise", raws, "-o", tmp_path / "out", "--strength", 0)
    assert result.exit_code == 0, result.stderr
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "out" / "c.png")), before_png)
    for name in ("a.dng", "day/b.dng"):
        before, after = read_frame(raws / name), read_frame(tmp_path / "out" / name)
        assert isinstance(before, RawFrame)
        assert isinstance(after, RawFrame)
        np.testing.assert_allclose(after.normalized(), before.normalized(), atol=1e-6)


def test_npy_holds_the_networks_linear_result(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    result = apply("--task", "demosaic", raws / "a.dng", "-o", tmp_path / "out", "--format", "npy")
    assert result.exit_code == 0, result.stderr
    pixels = np.load(tmp_path / "out" / "a.npy")
    assert pixels.dtype == np.float32
    assert pixels.shape == (67, 82, 3)


@pytest.mark.slow
def test_colour_has_a_strength_of_its_own(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    out, how = tmp_path / "out", ("--strength", "0.5", "--chroma-strength")
    first = apply("--task", "denoise", raws / "a.dng", "-o", out, *how, "1", "--json")
    assert first.exit_code == 0, first.stderr
    assert (first.lines[0]["strength"], first.lines[0]["chroma_strength"]) == (0.5, 1.0)
    again = apply("--task", "denoise", raws / "a.dng", "-o", out, *how, "1", "--json")
    assert again.lines[0]["reason"] == "exists already"
    other = apply("--task", "denoise", raws / "a.dng", "-o", out, "--strength", "0.5", "--json")
    assert "chroma strength 1, not 0.5" in other.lines[0]["reason"]
    two = tmp_path / "two"
    for suffix, chroma in (("_plain", ()), ("_equal", ("--chroma-strength", "0.5"))):
        apply("--task", "denoise", raws / "a.dng", "-o", two, "--strength", "0.5", *chroma, "--suffix", suffix)
    plain, equal, apart = (read_frame(path) for path in (two / "a_plain.dng", two / "a_equal.dng", out / "a.dng"))
    assert isinstance(plain, RawFrame)
    assert isinstance(equal, RawFrame)
    assert isinstance(apart, RawFrame)
    np.testing.assert_array_equal(plain.mosaic, equal.mosaic)
    assert (plain.mosaic != apart.mosaic).any()
    refused = apply("--task", "demosaic", raws / "a.dng", "-o", two, "--chroma-strength", "0.5")
    assert "--chroma-strength is for tasks that only remove noise" in " ".join(refused.stderr.split())


@pytest.mark.slow
def test_strength_auto_keeps_a_picture_without_noise(apply: Call, raws: Path, heads: Path, tmp_path: Path) -> None:
    profile, frame = tmp_path / "none.json", read_frame(raws / "a.dng")
    save_profiles(profile, [NoiseProfile.uniform(0.0, 0.0, **labels(frame))])
    given = ["--strength", "auto", "--profile", profile]
    result = apply("--task", "denoise", raws / "a.dng", "-o", tmp_path / "out", *given)
    assert result.exit_code == 0, result.stderr
    after = read_frame(tmp_path / "out" / "a.dng")
    assert isinstance(frame, RawFrame)
    assert isinstance(after, RawFrame)
    np.testing.assert_allclose(after.normalized(), frame.normalized(), atol=1e-6)


@pytest.mark.parametrize(
    ("task", "strength", "words"),
    [("demosaic", "auto", "only remove noise"), ("denoise", "2", "from 0 to 1, or auto"), ("denoise", "most", "auto")],
)
def test_a_strength_that_cannot_be_is_refused(
    apply: Call, raws: Path, heads: Path, tmp_path: Path, task: str, strength: str, words: str
) -> None:
    result = apply("--task", task, raws, "-o", tmp_path / "out", "--strength", strength)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
