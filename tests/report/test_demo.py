"""The demo's figures agree with scikit-image, and its pictures with the raws."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import RawFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.write import write_picture
from rcl_cli.report import demo
from rcl_cli.report.fidelity import psnr_db

LEVELS = ((1024.0,) * 4, 16383.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One raw with its truth, a denoised mosaic and a demosaicked picture; rows of the mosaic are R Gr / Gb B."""
    rng = np.random.default_rng(1)
    truth = rng.uniform(0.1, 0.9, (32, 48, 3)).astype(np.float32)
    mosaic = truth[..., 1].copy()
    mosaic[::2, ::2], mosaic[1::2, 1::2] = truth[::2, ::2, 0], truth[1::2, 1::2, 2]
    frame = RawFrame(np.zeros((32, 48), np.uint16), CFA.bayer("RGGB"), *LEVELS)
    for part, sigma in (("raws", 0.05), ("results/denoise", 0.01)):
        noisy = mosaic + sigma * rng.standard_normal(mosaic.shape).astype(np.float32)
        write_picture(tmp_path / part / "a.dng", Picture.from_frame(frame, noisy, cfa=frame.cfa))
    rgb = truth + 0.02 * rng.standard_normal(truth.shape).astype(np.float32)
    for part, pixels in (("truth", truth), ("results/demosaic", rgb)):
        write_picture(tmp_path / part / "a.dng", Picture.from_frame(frame, pixels))
    records = [{"file": "b.dng", "iso": 100}, {"file": "a.dng", "iso": 800}]
    (tmp_path / "raws" / "truth.json").write_text(json.dumps({"files": records}))
    return tmp_path


def test_denoising_is_judged_on_the_mosaic(folder: Path) -> None:
    before, after = demo.gain(folder, "denoise", "a.dng")
    assert before == pytest.approx(-20 * np.log10(0.05), abs=0.4)
    assert after == pytest.approx(-20 * np.log10(0.01), abs=0.4)


def test_demosaicking_is_judged_on_three_colours(folder: Path) -> None:
    before, after = demo.gain(folder, "demosaic", "a.dng")
    assert before < 20  # the picture is white noise, which interpolation cannot know
    assert after == pytest.approx(-20 * np.log10(0.02), abs=0.4)


def test_psnr_agrees_with_scikit_image() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.random((2, 24, 24, 3)).astype(np.float32)
    assert psnr_db(first, second) == pytest.approx(peak_signal_noise_ratio(second, first, data_range=1), rel=1e-5)


def test_the_noisiest_raw_is_shown(folder: Path) -> None:
    assert demo.noisiest(folder / "raws").name == "a.dng"


def test_the_busiest_window_is_found_and_stays_inside() -> None:
    picture = np.full((50, 70, 3), 90, np.uint8)
    picture[30:40, 45:55] = np.random.default_rng(3).integers(0, 256, (10, 10, 3), np.uint8)
    top, left = demo.busiest(picture, 16)
    assert 24 <= top <= 29
    assert 39 <= left <= 44
    assert demo.busiest(picture, 500) == (0, 0)
