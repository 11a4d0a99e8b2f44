"""How results are judged: the same for all, by the definitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rcl_benchmark.quality.pictures import Float
from rcl_benchmark.quality.record import Key, Score, lines
from rcl_benchmark.quality.resize import luma
from rcl_benchmark.quality.score import figures
from rcl_benchmark.quality.settings import Setting
from rcl_benchmark.quality.texture import kept_texture
from rcl_cli.raw.cfa import CFA, mosaic

Psnr = Callable[[Float, Float], float]
RGB = Setting("demosaic", "coded", "bayer", 0.0)
INNER = np.s_[8:-8, 8:-8]


def changed(v: Float) -> Float:
    result = (v + np.random.default_rng(1).normal(0, 0.05, v.shape)).astype(np.float32)
    result[:8] = 5  # is not counted
    return result


def test_psnr_is_of_the_clipped_picture_without_its_border(v: Float, psnr: Psnr) -> None:
    expected = psnr(np.clip(changed(v), 0, 1)[INNER], v[INNER])
    assert figures(RGB, changed(v), v).psnr_db == pytest.approx(expected, abs=1e-6)


def test_super_resolution_is_judged_by_luma(v: Float, psnr: Psnr) -> None:
    expected = psnr(luma(np.clip(changed(v), 0, 1))[INNER], luma(v)[INNER])
    assert figures(Setting("sr", "area", "rgb", 0.0), changed(v), v).psnr_db == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("domain", "cfa"), [("bayer", CFA.bayer("RGGB")), ("xtrans", CFA.xtrans())])
def test_mosaics_are_judged_as_they_are(v: Float, psnr: Psnr, domain: str, cfa: CFA) -> None:
    clean, result = mosaic(v, cfa), mosaic(changed(v), cfa)
    found = figures(Setting("denoise-raw", "", domain, 1e-3), result, clean)
    assert found.psnr_db == pytest.approx(psnr(np.clip(result, 0, 1)[INNER], clean[INNER]), abs=1e-6)
    assert 0 < found.ssim < 1


def test_equal_pictures_have_100_db(v: Float) -> None:
    assert figures(RGB, v, v) == (100.0, 1.0, None)


def test_texture_that_is_halved_is_half_and_noise_is_no_texture() -> None:
    rng = np.random.default_rng(0)
    texture, noise = (rng.normal(0, 0.05, (4, 128, 128)).astype(np.float32) for _ in range(2))
    clean, half = np.float32(0.5) + texture, np.float32(0.5) + np.float32(0.5) * texture
    assert kept_texture(clean, clean) == pytest.approx(1)
    assert kept_texture(half, clean) == pytest.approx(0.5, abs=1e-3)
    # A block of 64 elements gives ±1/8 for noise as strong as the texture, 512 of them together ±0.006.
    assert kept_texture(clean + noise, clean) == pytest.approx(1, abs=0.03)
    assert kept_texture(np.float32(0.5) + noise, clean) == pytest.approx(0, abs=0.03)
    assert kept_texture(clean, np.full_like(clean, 0.5)) is None


def test_lines_are_means_with_the_least_gain_and_the_best_of_several_settings() -> None:
    setting = Setting("real", "", "rgb", 0.0)
    figures_of = {
        "input": (30.0, 32.0),
        "cbm3d ×1": (31.0, 33.5),
        "cbm3d ×2": (33.0, 31.9),
    }
    records = [
        Score(Key(setting, "cc", name, method), psnr, 0.9, None, 1.0)
        for method, values in figures_of.items()
        for name, psnr in zip("ab", values, strict=True)
    ]
    found = lines(records)
    assert [(line.method, line.psnr_db) for line in found] == [("input", 31.0), ("cbm3d ×2", pytest.approx(32.45))]
    assert found[0].least_gain_db is None
    assert found[1].least_gain_db == pytest.approx(-0.1)
