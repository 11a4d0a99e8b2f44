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


def smooth(channels: int, height: int, width: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(0)
    levels = 0.2 + 0.3 * torch.rand(channels, 1, 1, generator=rng)
    return levels + 0.2 * torch.linspace(0, 1, height)[:, None] * torch.linspace(0, 1, width)


@pytest.mark.parametrize("domain", list(Domain))
def test_a_tint_is_taken_back_exactly_even_over_many_strips(domain: Domain) -> None:
    task = get_task("sr")
    up = task.upsample(domain)
    truth = smooth(3, 600 * up, 20 * up)
    x = observed(truth, task, domain)
    tint = torch.tensor([0.01, -0.02, 0.005]).view(3, 1, 1)
    kept = keep_mean(truth + tint, x, task, domain, INSIDE)
    torch.testing.assert_close(kept, truth, rtol=0, atol=1e-6)


def test_the_sensor_sees_block_means_of_its_filters() -> None:
    truth = smooth(3, 8, 12)
    blocks = truth.numpy().reshape(3, 4, 2, 6, 2).mean(axis=(2, 4))
    seen = observed(truth, get_task("jdensr"), Domain.BAYER)
    expected = np.stack([blocks[0, ::2, ::2], blocks[1, ::2, 1::2], blocks[1, 1::2, ::2], blocks[2, 1::2, 1::2]])
    np.testing.assert_allclose(seen.numpy(), expected, atol=1e-6)
    torch.testing.assert_close(observed(truth, get_task("demosaic"), Domain.BAYER), from_rgb(truth, Domain.BAYER))


def test_noise_below_black_counts_and_dark_frames_keep_their_mean() -> None:
    task = get_task("denoise")
    x = 0.01 * torch.randn(4, 600, 20, generator=torch.Generator().manual_seed(1))
    kept = keep_mean(torch.full_like(x, 0.004), x, task, Domain.BAYER, INSIDE)
    for channels in ([0], [1, 2], [3]):
        assert float(kept[channels].mean()) == pytest.approx(float(x[channels].mean()), abs=1e-7)


def test_a_picture_without_unclipped_areas_is_left_alone() -> None:
    task = get_task("denoise")
    prediction = torch.full((4, 600, 20), 0.97)
    kept = keep_mean(prediction.clone(), torch.ones(4, 600, 20), task, Domain.BAYER, INSIDE)
    assert torch.equal(kept, prediction)


def test_noise_that_was_stored_for_a_display_does_not_lift_shadows() -> None:
    task, value = get_task("denoise"), 0.2
    noise = 0.05 * np.random.default_rng(2).standard_normal((3, 600, 20))
    x = torch.from_numpy(srgb_decode(value + noise).astype(np.float32))
    guess = torch.full_like(x, float(srgb_decode(np.array([value + 0.01]))[0]))
    as_light, as_shown = (
        srgb_encode(keep_mean(guess.clone(), x, task, Domain.RGB, INSIDE, displayed=shown).numpy()).mean()
        for shown in (False, True)
    )
    # Decoding is convex, which lifts the mean of light by half the curvature times σ².
    assert as_shown == pytest.approx(value, abs=0.002)
    assert as_light > value + 0.004
