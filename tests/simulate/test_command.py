from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rawpy
import tifffile
from click.testing import CliRunner, Result

from rcl_calibration.exchange import profiles_text
from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.read import read_frame
from rcl_cli.samples.files import Shot, write_shot


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["simulate", *map(str, arguments)])


def read_rgb(path: Path) -> RgbFrame:
    frame = read_frame(path)
    assert isinstance(frame, RgbFrame)
    return frame


def read_raw(path: Path) -> RawFrame:
    frame = read_frame(path)
    assert isinstance(frame, RawFrame)
    return frame


def truth_of(folder: Path) -> dict[str, dict[str, Any]]:
    return {record["file"]: record for record in json.loads((folder / "truth.json").read_text())["files"]}


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A folder of pictures: grey.png (sRGB 128) and sub/dark.png (sRGB 0)."""
    folder = tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    cv2.imwrite(str(folder / "grey.png"), np.full((90, 120, 3), 128, np.uint8))
    cv2.imwrite(str(folder / "sub" / "dark.png"), np.zeros((90, 120, 3), np.uint8))
    return folder


def test_rgb_pairs_are_linear_and_keep_negative_noise(clean: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(clean, "-o", out, "--shot", 0, "--read", 1e-4)
    assert result.exit_code == 0, result.output
    for name, level in (("grey.tif", 0.21586), ("sub/dark.tif", 0.0)):
        noisy, truth = (tifffile.imread(out / half / name) for half in ("noisy", "clean"))
        assert noisy.dtype == truth.dtype == np.float32
        np.testing.assert_allclose(truth, level, atol=1e-4)
        noise = noisy.astype(np.float64) - level
        assert abs(noise.mean()) < 5 * 0.01 / np.sqrt(noise.size)
        assert noise.std() == pytest.approx(0.01, rel=0.02)
        np.testing.assert_array_equal(read_rgb(out / "noisy" / name).rgb, noisy)
    assert truth_of(out)["noisy/grey.tif"]["read"] == [1e-4] * 4


@pytest.mark.parametrize(("domain", "cfa"), [("bayer", CFA.bayer("GBRG")), ("xtrans", CFA.xtrans())], ids=str)
def test_raw_pairs_hold_the_noise_of_the_truth(clean: Path, tmp_path: Path, domain: str, cfa: CFA) -> None:
    out = tmp_path / "out"
    result = run(clean, "-o", out, "--domain", domain, "--cfa", "GBRG", "--sigma-range", 20, 20)
    assert result.exit_code == 0, result.output
    for name in ("grey", "sub/dark"):
        noisy = read_frame(out / "noisy" / f"{name}.dng")
        signal = mosaic(read_rgb(out / "clean" / f"{name}.tif").rgb, cfa)
        record = truth_of(out)[f"noisy/{name}.dng"]
        assert noisy.cfa == cfa
        assert record["shot"][0] + record["read"][0] == pytest.approx((20 / 255) ** 2)
        residual = noisy.normalized().astype(np.float64) - signal
        chi2 = (residual**2 / (record["shot"][0] * signal + record["read"][0])).sum()
        assert abs(chi2 / residual.size - 1) < 5 * np.sqrt(2 / residual.size)
        assert noisy.metadata.noise_profile is not None
        np.testing.assert_allclose(noisy.metadata.noise_profile.shot, record["shot"], rtol=1e-6)


def test_simulated_raws_show_the_right_colours(tmp_path: Path) -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:] = (40, 80, 200)  # blue, green, red
    cv2.imwrite(str(tmp_path / "brick.png"), picture)
    assert run(tmp_path / "brick.png", "-o", tmp_path, "--domain", "bayer", "--read", 0).exit_code == 0
    with rawpy.imread(str(tmp_path / "noisy" / "brick.dng")) as raw:
        shown = raw.postprocess(use_camera_wb=True, no_auto_bright=True, gamma=(2.4, 12.92), user_flip=0)
    np.testing.assert_allclose(np.median(shown, axis=(0, 1)), (200, 80, 40), atol=4)


@pytest.mark.slow
def test_samples_clean_halves_become_raw_pairs_in_camera_colours(tmp_path: Path) -> None:
    shot = Shot(1, 100, CFA.bayer("RGGB"), 48, 64)
    write_shot(shot, tmp_path / "raw", clean=tmp_path / "rgb")
    assert run(tmp_path / "rgb", "-o", tmp_path / "a", "--domain", "bayer", "--read", 0).exit_code == 0
    noisy, truth = read_raw(tmp_path / "a" / "noisy" / shot.name), read_rgb(tmp_path / "a" / "clean" / shot.name)
    assert truth.camera_rgb
    assert noisy.metadata.white_balance == pytest.approx((2.0, 1.0, 1.6), rel=1e-4)
    np.testing.assert_allclose(noisy.normalized(), mosaic(truth.rgb, noisy.cfa), atol=5e-5)
    # A raw is a clean mosaic to add noise to.
    assert run(tmp_path / "raw", "-o", tmp_path / "b", "--domain", "bayer", "--read", 0).exit_code == 0
    again, clean, source = (read_raw(tmp_path / d / shot.name) for d in ("b/noisy", "b/clean", "raw"))
    np.testing.assert_allclose(again.normalized(), source.normalized(), atol=5e-5)
    np.testing.assert_array_equal(clean.mosaic, again.mosaic)


def test_bad_files_do_not_stop_the_good_ones(clean: Path, tmp_path: Path) -> None:
    (clean / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    cv2.imwrite(str(clean / "grey.jpg"), np.full((20, 20, 3), 90, np.uint8))
    result = run(clean, tmp_path / "missing.png", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    lines = {Path(line["path"]).name: line for line in map(json.loads, result.stdout.splitlines())}
    assert {name: line["status"] for name, line in lines.items()} == {
        "missing.png": "failed",
        "broken.png": "failed",
        "grey.jpg": "done",
        "grey.png": "failed",
        "dark.png": "done",
    }
    assert "grey.jpg" in lines["grey.png"]["reason"]
    assert Path(lines["grey.jpg"]["clean"]).exists()
    assert not (tmp_path / "out" / "noisy" / "broken.tif").exists()
    assert "Traceback" not in result.output


def test_existing_pairs_are_kept_and_results_are_no_inputs(clean: Path) -> None:
    assert run(clean, "-o", clean).exit_code == 0
    before = {p: p.read_bytes() for p in clean.rglob("*.tif")}
    assert len(before) == 4
    assert run(clean, "-o", clean, "--seed", 1).exit_code == 0
    assert {p: p.read_bytes() for p in clean.rglob("*.tif")} == before
    assert run(clean, "-o", clean, "--seed", 1, "--overwrite").exit_code == 0
    assert (clean / "noisy" / "grey.tif").read_bytes() != before[clean / "noisy" / "grey.tif"]


@pytest.mark.parametrize("domain", ["rgb", "bayer"])
@pytest.mark.parametrize("left", ["clean", "clean noisy"])
def test_what_a_killed_run_left_is_completed(clean: Path, tmp_path: Path, domain: str, left: str) -> None:
    out = tmp_path / "out"
    options = ("-o", out, "--domain", domain, "--seed", 3)
    assert run(clean, *options).exit_code == 0
    whole = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (out / "truth.json").unlink()
    if "noisy" not in left:
        next((out / "noisy").glob("grey.*")).unlink()
    result = run(clean, *options)
    assert result.exit_code == 0, result.output
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == whole


def test_pairs_of_other_noise_are_kept_though_nothing_tells_of_it(clean: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(clean, "-o", out).exit_code == 0
    (out / "truth.json").unlink()
    before = {path: path.read_bytes() for path in out.rglob("*.tif")}
    result = run(clean, "-o", out, "--seed", 1)
    assert result.exit_code == 0, result.output
    assert "2 existing pairs were kept" in result.output
    assert {path: path.read_bytes() for path in out.rglob("*.tif")} == before


def test_noise_does_not_depend_on_the_other_pictures(clean: Path, tmp_path: Path) -> None:
    assert run(clean, "-o", tmp_path / "a").exit_code == 0
    assert run(clean / "grey.png", "-o", tmp_path / "b").exit_code == 0
    a, b = ((tmp_path / d / "noisy" / "grey.tif").read_bytes() for d in "ab")
    assert a == b


def test_profiles_are_taken_from_a_file(clean: Path, tmp_path: Path) -> None:
    profiles = [NoiseProfile.uniform(0.002, 1e-5, iso=iso, camera="c") for iso in (100, 200)]
    hopeless = NoiseProfile.uniform(0.5, 0.5, quality="unidentifiable", camera="c", iso=400)
    (tmp_path / "p.json").write_text(profiles_text([*profiles, hopeless]))
    assert run(clean, "-o", tmp_path / "out", "--profile", tmp_path / "p.json").exit_code == 0
    assert all(record["shot"] == [0.002] * 4 for record in truth_of(tmp_path / "out").values())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--shot", "0.1", "--sigma-range", "0", "5"),
        ("--sigma-range", "9", "5"),
        ("--profile", "missing.json"),
        ("--domain", "foveon"),
        ("--read", "-1"),
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_message_and_nothing_written(clean: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = run(clean, "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in result.output
