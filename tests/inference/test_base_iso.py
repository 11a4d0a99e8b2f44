"""At base ISO, where there is little noise to take off, blind denoising costs no detail: `rcl apply` as it comes."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.inference.load import load
from rcl_cli.inference.model import Model, Noise
from rcl_cli.inference.noise import NoiseOfFiles
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.raw.srgb import srgb_decode, srgb_encode

SHOT = 1e-4
READ = math.exp(2.18 * math.log(SHOT) + 1.2)
SIDE = 320
HARM = 0.05
"""dB."""
TEXTURED = ("gb82_sand", "brighton_dji-0020", "oceanic_417083", "opensfm_lund-05")
FLAT = "photolab_8"

Expose = Callable[[NDArray[np.float64]], tuple[RawFrame, NDArray[np.float64]]]


@cache
def _model(domain: str = "bayer") -> Model:
    return load("denoise", domain, device="cpu")


@pytest.fixture
def expose(sensor: Callable[..., Any]) -> Expose:
    """The raw of a picture in linear light, and the values that it would have without noise."""

    def make(picture: NDArray[np.float64]) -> tuple[RawFrame, NDArray[np.float64]]:
        simulated = sensor(SHOT, READ, 14, 512.0)
        mosaic = simulated.expose(picture, np.random.default_rng(4))
        frame = RawFrame(mosaic, CFA.bayer("RGGB"), (512.0,) * 4, 16383.0)
        colors = frame.cfa.colors(*mosaic.shape)
        return frame, np.take_along_axis(picture, colors[..., None].astype(np.intp), axis=2)[..., 0]

    return make


def _gain(frame: RawFrame, clean: NDArray[np.float64], noise: Noise) -> float:
    """dB that denoising gains over the input."""
    made = _model()(frame, noise).picture.pixels
    before, after = (
        float(np.square(np.clip(np.asarray(values, np.float64), 0, 1) - clean).mean())
        for values in (frame.normalized(), _mosaic(made))
    )
    return 10 * math.log10(before / after)


def _mosaic(planes: NDArray[np.float32]) -> NDArray[np.float64]:
    planes = np.asarray(planes)
    if planes.ndim == 2:
        return planes.astype(np.float64)
    _, height, width = planes.shape
    whole = np.empty((2 * height, 2 * width))
    for number, plane in enumerate(planes):
        whole[number // 2 :: 2, number % 2 :: 2] = plane
    return whole


def _texture(power: float) -> NDArray[np.float64]:
    """(SIDE, SIDE, 3) a grey picture of nothing but texture with a spectrum of 1/f^power, a tenth of its brightness."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.rfftfreq(SIDE), indexing="ij"))
    frequency[0, 0] = np.inf
    white = np.fft.rfft2(np.random.default_rng(5).standard_normal((SIDE, SIDE)))
    field = np.fft.irfft2(white * frequency**-power, s=(SIDE, SIDE))
    grey = np.clip(0.25 * (1 + 0.1 * field / field.std()), 0, 1)
    return np.repeat(grey[..., None], 3, axis=2)


def _photograph(folder: Path, name: str) -> NDArray[np.float64]:
    stored = cv2.imread(str(folder / "rgb" / "photos" / "train" / f"{name}.webp"))
    assert stored is not None, f"{name} is missing"
    return np.asarray(srgb_decode(stored[:SIDE, :SIDE, ::-1].astype(np.float32) / 255), np.float64)


@pytest.mark.slow
@pytest.mark.parametrize("power", [1.5, 2.0])
def test_a_picture_of_nothing_but_texture_ends_no_worse_than_it_was(power: float, expose: Expose) -> None:
    frame, clean = expose(_texture(power))
    assert _gain(frame, clean, NoiseOfFiles().of(frame)) >= -HARM


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize("name", TEXTURED)
def test_textured_photographs_end_no_worse_than_they_were(name: str, realdata: Path, expose: Expose) -> None:
    frame, clean = expose(_photograph(realdata, name))
    assert _gain(frame, clean, NoiseOfFiles().of(frame)) >= -HARM


@pytest.mark.slow
@pytest.mark.realdata
def test_a_photograph_that_tells_its_noise_loses_nothing(realdata: Path, expose: Expose) -> None:
    frame, clean = expose(_photograph(realdata, FLAT))
    told = Noise(NoiseProfile.uniform(SHOT, READ))
    blind = NoiseOfFiles().of(frame)
    assert blind.source == "blind"
    gains = _gain(frame, clean, blind), _gain(frame, clean, told)
    assert gains[1] > 2
    assert gains[0] > gains[1] - 0.1


@pytest.mark.slow
def test_a_glint_is_told_from_a_defect_by_the_noise_that_there_may_be() -> None:
    sigma, glint, height = 0.004, (160, 160), 0.048
    values = 0.2 + sigma * np.random.default_rng(6).standard_normal((SIDE, SIDE))
    values[157:164, 157:164] = 0.2
    values[158:163:4, 158:163:2] += 0.004
    values[glint] += height
    mosaic = np.rint(values * (16383 - 512) + 512).astype(np.uint16)
    frame = RawFrame(mosaic, CFA.bayer("RGGB"), (512.0,) * 4, 16383.0)
    least, estimate = NoiseProfile.uniform(0, 1e-8), NoiseProfile.uniform(0, sigma**2)
    kept = {
        known: _mosaic(_model()(frame, noise).picture.pixels)[glint] - 0.2
        for known, noise in ((True, Noise(least, "blind", estimate)), (False, Noise(least, "blind")))
    }
    assert kept[True] > 0.9 * height
    assert kept[False] < 0.2 * height


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize("sigma", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("name", TEXTURED)
def test_textured_pictures_for_a_display_end_no_worse_than_they_were(name: str, sigma: float, realdata: Path) -> None:
    light = _photograph(realdata, name)
    # Half the size, so that the truth lies between the values that a file of 8 bits holds.
    clean = srgb_encode(light.reshape(SIDE // 2, 2, SIDE // 2, 2, 3).mean((1, 3)).astype(np.float32)).astype(np.float64)
    noisy = clean + sigma / 255 * np.random.default_rng(8).standard_normal(clean.shape)
    stored = np.rint(np.clip(noisy, 0, 1) * 255) / 255
    frame = RgbFrame(srgb_decode(stored.astype(np.float32)))
    made = srgb_encode(_model("rgb")(frame, NoiseOfFiles().of(frame)).picture.pixels)
    before, after = (
        float(np.square(np.clip(np.asarray(values, np.float64), 0, 1) - clean).mean()) for values in (stored, made)
    )
    assert 10 * math.log10(before / after) >= -HARM
