"""Noise of RGB files that were processed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from rcl_calibration.processed import processed_noise
from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_cli.inference.noise import NoiseOfFiles
from rcl_cli.profiles.book import blind_estimate
from rcl_cli.profiles.processed import in_flat_blocks, is_white, profile_of
from rcl_cli.raw.frame import Metadata, RgbFrame
from rcl_cli.raw.srgb import srgb_decode, srgb_encode
from rcl_cli.samples.scenes import scene


def displayed(seed: int = 3) -> np.ndarray:
    return srgb_encode(scene(384, 384, np.random.default_rng(seed), "gradients"))


def processed_profile(frame: RgbFrame) -> NoiseProfile | None:
    """None where noise is white or absent."""
    found = in_flat_blocks(frame)
    return None if found is None or is_white(found) else profile_of(found, frame.metadata.iso)


def noise(spread: float) -> np.ndarray:
    """Of variance 1, (384, 384, 3)."""
    white = np.random.default_rng(5).standard_normal((384, 384, 3))
    if not spread:
        return white
    blurred = cv2.GaussianBlur(white, (0, 0), spread)
    return blurred / blurred.std()


def beside(spread: float) -> float:
    """Correlation between neighbours, by the filter's own."""
    if not spread:
        return 0.0
    weights = cv2.getGaussianKernel(9, spread)[:, 0]
    return float((weights[1:] * weights[:-1]).sum() / (weights**2).sum())


@pytest.mark.parametrize("spread", [0.0, 0.5, 0.8])
def test_level_and_correlation_of_known_noise(spread: float) -> None:
    picture = displayed() + 0.02 * noise(spread)
    found = processed_noise(picture.transpose(2, 0, 1))
    assert found is not None
    assert np.sqrt(found.variance) == pytest.approx([0.02] * 3, rel=0.25)
    assert found.correlation == pytest.approx(beside(spread), abs=0.06)


def test_the_profile_is_of_light() -> None:
    values = np.clip(displayed() + 0.02 * noise(0.7), 0, 1)
    profile = processed_profile(RgbFrame(srgb_decode(values)))
    assert profile is not None
    assert profile.quality == "weak"
    for level in (0.2, 0.5, 0.8):
        light = float(srgb_decode(np.array(level)))
        slope = float(srgb_decode(np.array(level + 1e-3)) - light) / 1e-3
        assert float(profile.sigma(light)) == pytest.approx(0.02 * slope, rel=0.35)


def test_independent_noise_is_left_to_the_usual_estimate() -> None:
    values = np.clip(displayed() + 0.02 * noise(0), 0, 1)
    frame = RgbFrame(srgb_decode(values))
    assert processed_profile(frame) is None
    assert blind_estimate(frame).method != "flat blocks"


def test_pictures_that_tell_nothing() -> None:
    assert processed_noise(np.zeros((3, 8, 8))) is None
    assert processed_profile(RgbFrame(np.full((64, 64, 3), 0.3, np.float32))) is None
    assert processed_profile(RgbFrame(np.ones((64, 64, 3), np.float32))) is None


def texture(power: float, seed: int = 7) -> np.ndarray:
    """(384, 384, 3) grey, displayed: nothing but texture with a spectrum of 1/f^power, 20 of 255 strong, no noise."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(384), np.fft.rfftfreq(384), indexing="ij"))
    frequency[0, 0] = np.inf
    white = np.fft.rfft2(np.random.default_rng(seed).standard_normal((384, 384)))
    field = np.fft.irfft2(white * frequency**-power, s=(384, 384))
    return np.repeat(np.clip(0.5 + 20 / 255 * field / field.std(), 0, 1)[..., None], 3, axis=2)


def sharp(values: np.ndarray) -> np.ndarray:
    return values


def compressed(values: np.ndarray, quality: int = 92) -> np.ndarray:
    stored = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    done, encoded = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.float64) / 255


def enlarged(values: np.ndarray) -> np.ndarray:
    return np.clip(cv2.resize(values, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), 0, 1)


def told(values: np.ndarray, iso: float | None = None) -> float:
    """σ that a picture is restored by, as displayed, of 255, in the mid-tones; the picture is stored in 8 bits."""
    stored = np.rint(np.clip(values, 0, 1) * 255) / 255
    frame = RgbFrame(srgb_decode(stored).astype(np.float32), metadata=Metadata(iso=iso))
    step = 1e-3
    light = float(srgb_decode(np.array(0.5)))
    slope = float(srgb_decode(np.array(0.5 + step)) - srgb_decode(np.array(0.5 - step))) / (2 * step)
    return 255 * float(NoiseOfFiles().of(frame).profile.sigma(light)) / slope


@pytest.mark.slow
@pytest.mark.parametrize("made", [sharp, compressed, enlarged])
@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_texture_is_not_taken_for_noise(power: float, made: Callable[[np.ndarray], np.ndarray]) -> None:
    assert told(made(texture(power))) < 1


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [3.0, 5.0, 7.5])
def test_noise_is_found_beside_texture_of_another_brightness(sigma: float) -> None:
    values = 0.3 * displayed()
    values[:, 192:] = 0.6 + 0.5 * (texture(1.0)[:, 192:] - 0.5)
    values += sigma / 255 * noise(0.7)
    assert 0.6 * sigma < told(values) < 1.15 * sigma
    found = processed_noise(np.clip(values, 0, 1).transpose(2, 0, 1))
    assert found is not None
    assert 255 * np.sqrt(found.variance) == pytest.approx([sigma] * 3, rel=0.25)


@pytest.mark.slow
def test_a_high_iso_says_that_there_is_noise() -> None:
    lawn = enlarged(texture(1.0))[:384, :384]
    assert told(lawn, 100) == told(lawn) < 1
    assert told(lawn) < told(lawn, 800) < told(lawn, 3200)


@pytest.mark.parametrize("sigma", [3.0, 8.0])
def test_a_high_iso_says_so_of_white_noise_too(sigma: float) -> None:
    """Beside a little texture, so that without an ISO part of the noise may be texture."""
    values = 0.15 + 0.5 * displayed() + 0.2 * texture(1.0) + sigma / 255 * noise(0)
    assert processed_profile(RgbFrame(srgb_decode(np.clip(values, 0, 1)))) is None
    without, half, most = told(values), told(values, 800), told(values, 1600)
    assert told(values, 100) == told(values, 400) == without < 0.93 * most
    assert without <= half <= most
    assert most == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("kind", ["leaves", "mixed", "text"])
def test_a_high_iso_finds_the_noise_of_jpegs_whose_colours_share_it(kind: str) -> None:
    clean = 0.15 + 0.7 * srgb_encode(scene(384, 384, np.random.default_rng(3), kind))
    noisy = compressed(clean + 6 / 255 * noise(0), quality=98)
    left = 255 * float(np.std(noisy - compressed(clean, quality=98)))
    assert processed_profile(RgbFrame(srgb_decode(noisy))) is None
    assert told(noisy, 100) == told(noisy) < 0.7 * left
    assert told(noisy, 3200) == pytest.approx(left, rel=0.25)


@pytest.mark.parametrize("transfer", ["srgb", "linear"])
def test_the_iso_lifts_the_interval_up_to_the_estimate(transfer: str) -> None:
    noisy = RgbFrame(srgb_decode(0.5 + 0.03 * noise(0)).astype(np.float32), transfer)
    plain = blind_estimate(noisy)
    for iso in (800, 1600, 6400):
        heard = blind_estimate(replace(noisy, metadata=Metadata(iso=iso)))
        assert (heard.shot, heard.read) == (plain.shot, plain.read)
        assert heard.sigma_ci is not None
        assert plain.sigma_ci is not None
        for plane in range(4):
            sigma = plain.sigma(np.array(SIGMA_X), plane)
            least = np.maximum([low for low, _ in plain.sigma_ci[plane]], (0.5 if iso == 800 else 1) * sigma)
            assert [low for low, _ in heard.sigma_ci[plane]] == pytest.approx(least.tolist(), rel=1e-6)
            assert [high for _, high in heard.sigma_ci[plane]] == [high for _, high in plain.sigma_ci[plane]]


def test_the_iso_of_a_linear_raw_says_nothing() -> None:
    light = srgb_decode(0.5 + 0.03 * noise(0)).astype(np.float32)
    told_apart = [
        blind_estimate(RgbFrame(light, "linear", 16, camera_rgb=True, metadata=Metadata(iso=iso))).sigma_ci
        for iso in (None, 3200)
    ]
    assert told_apart[0] == told_apart[1]


def test_white_noise_that_no_camera_has_at_an_iso_is_none_of_it() -> None:
    strong = RgbFrame(srgb_decode(np.clip(0.5 + 30 / 255 * noise(0), 0, 1)).astype(np.float32))
    plain = blind_estimate(strong)
    for iso, possible in ((1600, False), (25600, True)):
        heard = blind_estimate(replace(strong, metadata=Metadata(iso=iso)))
        assert ("more than noise can be" in heard.reason) is not possible
        assert (heard.sigma_ci == plain.sigma_ci) is not possible


def test_the_reason_says_how_much_may_be_texture() -> None:
    noisy = RgbFrame(srgb_decode(np.clip(displayed() + 0.02 * noise(0.7), 0, 1)))
    clean = RgbFrame(srgb_decode(enlarged(texture(1.0))[:384, :384]))
    reasons = [profile.reason for profile in map(processed_profile, (noisy, clean)) if profile is not None]
    assert "texture" not in reasons[0]
    assert "all of which may be texture" in reasons[1]


def test_what_no_camera_has_at_an_iso_is_no_noise_of_it() -> None:
    strong = RgbFrame(srgb_decode(np.clip(0.5 + 40 / 255 * noise(0.8), 0, 1)).astype(np.float32))
    for iso, possible in ((1600, False), (3200, False), (25600, True)):
        profile = processed_profile(replace(strong, metadata=Metadata(iso=iso)))
        assert profile is not None
        assert ("more than noise can be" in profile.reason) is not possible
