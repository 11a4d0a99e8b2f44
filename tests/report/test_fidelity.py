"""PSNR before and after, where the three can be compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.report.fidelity import fidelity

RGGB = CFA.bayer("RGGB")
CLEAN = RgbFrame(np.random.default_rng(1).uniform(0.2, 0.8, (40, 60, 3)).astype(np.float32), camera_rgb=True)


def raw(sigma: float, cfa: CFA = RGGB) -> RawFrame:
    noise = sigma * np.random.default_rng(2).standard_normal((40, 60))
    return RawFrame(np.rint(mosaic(CLEAN.rgb, cfa) * 60000 + 60000 * noise).astype(np.uint16), cfa, (0.0,) * 4, 60000.0)


def test_mosaics_agree_with_scikit_image() -> None:
    truth = mosaic(CLEAN.rgb, RGGB)
    expected = [peak_signal_noise_ratio(truth, raw(s).normalized(), data_range=1) for s in (0.05, 0.01)]
    assert fidelity(raw(0.05), raw(0.01), CLEAN) == pytest.approx(expected, rel=1e-4)


def test_a_result_in_colour_is_compared_with_what_interpolation_gives() -> None:
    result = replace(CLEAN, rgb=CLEAN.rgb + np.float32(0.01))
    figures = fidelity(raw(0.0), result, CLEAN)
    assert figures is not None
    assert figures[1] == pytest.approx(40, abs=0.01)
    assert figures[0] < 20  # white noise is not to be interpolated


def test_an_enlarged_result() -> None:
    small = replace(CLEAN, rgb=np.full((20, 30, 3), 0.5, np.float32))
    large = replace(CLEAN, rgb=np.full((40, 60, 3), 0.6, np.float32))
    truth = replace(CLEAN, rgb=np.full((40, 60, 3), 0.5, np.float32))
    assert fidelity(small, large, truth) == pytest.approx((float("inf"), 20.0), abs=1e-4)


def test_what_cannot_be_compared_has_no_figures() -> None:
    half = replace(CLEAN, rgb=CLEAN.rgb[:20])
    assert fidelity(raw(0.1), raw(0.01), half) is None
    assert fidelity(raw(0.1), replace(CLEAN, camera_rgb=False), CLEAN) is None  # developed
    assert fidelity(raw(0.1), raw(0.01), raw(0.0, CFA.bayer("BGGR"))) is None
    assert fidelity(raw(0.1, CFA.bayer("BGGR")), raw(0.01), CLEAN) is None
    assert fidelity(raw(0.1), CLEAN, raw(0.0)) is None
