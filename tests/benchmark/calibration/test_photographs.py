"""Raws from photographs: whole, reduced where they are large or noisy, in sheets; and how they are scored."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from rcl_benchmark.calibration.group import Group, measure_group
from rcl_benchmark.calibration.names import BLIND, SINGLE, XTRANS
from rcl_benchmark.calibration.photograph_contract import judge_photographs
from rcl_benchmark.calibration.photograph_score import FLAT, TEXTURED, photograph_lines
from rcl_benchmark.calibration.photographs import OWN_NOISE, Sheets, own_noise, singles
from rcl_benchmark.calibration.record import Estimate, Key, Record
from rcl_benchmark.calibration.simulate import texture
from rcl_calibration.model import Noise
from rcl_cli.errors import RclError
from rcl_cli.raw.srgb import srgb_decode


def _write(path: Path, sigma: float, side: int = 600) -> None:
    """A smooth picture whose noise is `sigma` of 255."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(60, 180, side)[:, None, None] + np.zeros((side, side, 3))
    cv2.imwrite(str(path), np.rint(ramp + sigma * rng.standard_normal(ramp.shape)).astype(np.uint8))


@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_the_noise_of_a_photograph_is_told(sigma: float) -> None:
    noisy = 120 + sigma * np.random.default_rng(1).standard_normal((600, 600, 3))
    assert own_noise(srgb_decode(noisy / 255)) == pytest.approx(sigma, rel=0.25)


def test_detail_is_not_taken_for_noise() -> None:
    """A picture that looks the same at half the size: a sum of octaves of equal strength."""
    rng = np.random.default_rng(2)
    octaves = [cv2.resize(rng.standard_normal((600 >> k, 600 >> k)), (600, 600)) for k in range(1, 7)]
    picture = np.repeat((120 + 3 * np.sum(octaves, axis=0))[..., None], 3, axis=2)
    assert own_noise(srgb_decode(picture / 255)) < 1


def test_noisy_photographs_are_reduced_until_they_are_clean_and_left_out_where_little_remains(tmp_path: Path) -> None:
    _write(tmp_path / "clean.png", 0.0)
    assert singles([tmp_path], 0).get(0).shape == (600, 600, 3)
    _write(tmp_path / "clean.png", 0.7)
    less = singles([tmp_path], 0).get(0)
    assert 0.4 * 600 < less.shape[0] < 600
    assert own_noise(less) < 1.4 * OWN_NOISE
    _write(tmp_path / "clean.png", 5.0)
    with pytest.raises(RclError, match="too noisy"):
        singles([tmp_path], 0)


def test_large_photographs_are_reduced_and_each_comes_once_before_one_comes_again(tmp_path: Path) -> None:
    for number, side in enumerate((400, 500, 1400)):
        _write(tmp_path / f"{number}.png", 0.0, side)
    source = singles([tmp_path], 0)
    sides = sorted(source.get(index).shape[0] for index in range(3))
    assert sides[0] == 400 or sides[1] == 400
    assert 400 <= max(side for side in sides if side not in (400, 500)) <= 700
    assert {*sides, 500} >= {400, 500}
    sheet = Sheets(source).get(0)
    assert 2 * 390 < sheet.shape[0] < 2 * 710
    assert 3 * 390 < sheet.shape[1] < 3 * 710


def test_texture_is_the_detail_of_the_flatter_parts() -> None:
    rng = np.random.default_rng(3)
    flat = np.full((120, 120, 3), 0.5, np.float32)
    rough = (flat + 0.02 * rng.standard_normal(flat.shape)).astype(np.float32)
    half = np.concatenate([flat, rough])
    assert texture(flat) == 0
    assert texture(half) < 0.01
    # The pixel less the mean of its four neighbours, twice over: 2² + 4/2² of the variance.
    assert texture(rough) == pytest.approx(0.04 * 5**0.5, rel=0.1)


class _Flat:
    def describe(self) -> str:
        return "one grey"

    def get(self, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        ramp = np.linspace(0.1, 0.9, 300, dtype=np.float32)[:, None, None]
        return np.broadcast_to(ramp, (300, 300, 3)).copy()


def test_x_trans_raws_are_measured_too() -> None:
    group = Group(_Flat(), (0,), 0, XTRANS)
    (key,) = group.keys(["sensor"], [BLIND, "percentile"])
    (record,) = measure_group(group, key)
    assert record.key == Key(0, "sensor", BLIND, "", XTRANS)
    assert record.camera["phase"] == "X-Trans"
    assert 2e-3 <= record.truth.shot <= 1.2e-2
    assert record.estimate.shot_ci


def _record(draw: int, factor: float, *, wide: bool, quality: str = "ok") -> Record:
    truth = Noise(4e-3, 1e-5)
    found = Noise(factor * truth.shot, truth.read)
    spread = 0.2 if wide else 0.001
    shot_ci = (((1 - spread) * found.shot, (1 + spread) * found.shot),)
    read_ci = ((0.9 * truth.read, 1.1 * truth.read),)
    estimate = Estimate((found,), shot_ci=shot_ci, read_ci=read_ci, quality=quality)
    return Record(Key(draw, "sensor", BLIND, "", SINGLE), truth, estimate, (0.0, 1.0), 0.1, 1.0, texture=draw / 10)


def test_halves_are_by_texture_and_intervals_are_counted_for_each_number() -> None:
    records = [_record(i, 1.01 if i < 5 else 1.1, wide=i < 8, quality="weak" if i > 8 else "ok") for i in range(10)]
    whole, flat, textured = photograph_lines(records)
    assert (flat.half, textured.half) == (FLAT, TEXTURED)
    assert (whole.n, flat.n, textured.n) == (10, 5, 5)
    assert whole.shot_coverage == pytest.approx(0.8)
    assert (whole.read_coverage, whole.sigma_coverage) == (1.0, None)
    assert [half.shot_median for half in (flat, textured)] == pytest.approx([0.01, 0.1])
    assert (whole.ok, whole.weak) == (0.9, 0.1)
    reached = {promise.what: promise.reached for promise in judge_photographs([whole, flat, textured])}
    assert reached == {
        "single photographs: median · p90 of σ(x)": False,
        "single photographs: median signed error of λ_shot": False,
    }
