from __future__ import annotations

import numpy as np
import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.inference.brightness import keep_mean, observed
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.raw.srgb import srgb_decode, srgb_encode
from rcl_cli.task import get_task

INSIDE = (slice(0, 600), slice(0, 20))


def smooth(channels: int, height: int, width: int) -> np.ndarray:
    levels = 0.2 + 0.3 * np.random.default_rng(0).random((channels, 1, 1))
    return np.asarray(levels + 0.2 * np.linspace(0, 1, height)[:, None] * np.linspace(0, 1, width), np.float32)


@pytest.mark.parametrize("domain", list(Domain))
def test_a_tint_is_taken_back_exactly_even_over_many_strips(domain: Domain) -> None:
    task = get_task("sr")
    up = task.upsample(domain)
    truth = smooth(3, 600 * up, 20 * up)
    x = observed(truth, task, domain)
    tint = np.array([0.01, -0.02, 0.005], np.float32)[:, None, None]
    kept = keep_mean(truth + tint, x, task, domain, INSIDE)
    np.testing.assert_allclose(kept, truth, rtol=0, atol=1e-6)


def test_the_sensor_sees_block_means_of_its_filters() -> None:
    truth = smooth(3, 8, 12)
    blocks = truth.reshape(3, 4, 2, 6, 2).mean(axis=(2, 4))
    seen = observed(truth, get_task("jdensr"), Domain.BAYER)
    expected = np.stack([blocks[0, ::2, ::2], blocks[1, ::2, 1::2], blocks[1, 1::2, ::2], blocks[2, 1::2, 1::2]])
    np.testing.assert_allclose(seen, expected, atol=1e-6)


@pytest.mark.parametrize("domain", [Domain.BAYER, Domain.XTRANS])
def test_the_sensor_sees_what_training_samples(domain: Domain) -> None:
    truth = smooth(3, 12, 18)
    sampled = from_rgb(torch.from_numpy(truth), domain).numpy()
    np.testing.assert_array_equal(observed(truth, get_task("demosaic"), domain), sampled)


def test_noise_below_black_counts_and_dark_frames_keep_their_mean() -> None:
    task = get_task("denoise")
    x = 0.01 * np.random.default_rng(1).standard_normal((4, 600, 20), np.float32)
    kept = keep_mean(np.full_like(x, 0.004), x, task, Domain.BAYER, INSIDE)
    for channels in ([0], [1, 2], [3]):
        assert float(kept[channels].mean()) == pytest.approx(float(x[channels].mean()), abs=1e-7)


def test_a_picture_without_unclipped_areas_is_left_alone() -> None:
    task = get_task("denoise")
    prediction = np.full((4, 600, 20), 0.97, np.float32)
    kept = keep_mean(prediction.copy(), np.ones((4, 600, 20), np.float32), task, Domain.BAYER, INSIDE)
    np.testing.assert_array_equal(kept, prediction)


def test_noise_that_was_stored_for_a_display_does_not_lift_shadows() -> None:
    task, value = get_task("denoise"), 0.2
    noise = 0.05 * np.random.default_rng(2).standard_normal((3, 600, 20))
    x = srgb_decode(value + noise)
    guess = np.full_like(x, float(srgb_decode(np.array([value + 0.01]))[0]))
    as_light, as_shown = (
        srgb_encode(keep_mean(guess.copy(), x, task, Domain.RGB, INSIDE, displayed=shown)).mean()
        for shown in (False, True)
    )
    # Decoding is convex, which lifts the mean of light by half the curvature times σ².
    assert as_shown == pytest.approx(value, abs=0.002)
    assert as_light > value + 0.004
