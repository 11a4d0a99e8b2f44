"""Brightness and colour of noise are told apart: grey stays grey, means stay, and equal strengths are one strength."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.chroma import blend
from rcl_cli.inference.restore import Restoration
from rcl_cli.nn.balance import Balance
from rcl_cli.task import get_task

from .test_restore import picture, ready

WHITE = Balance((2.0, 1.0, 1.6))
PROFILE = NoiseProfile.uniform(0.01, 1e-4)
COLORS = {Domain.BAYER: [0, 1, 1, 2], Domain.RGB: [0, 1, 2]}


def made(domain: Domain, strength: float, chroma: float | None) -> np.ndarray:
    x, placement = picture(domain, 64, 48, multiple=8)
    task = get_task("denoise")
    return (
        Restoration(task, domain, strength, chroma).run(x, placement, ready(task, domain), PROFILE, white=WHITE).pixels
    )


@pytest.mark.parametrize("domain", Domain)
@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_equal_strengths_are_one_strength_bit_for_bit(domain: Domain, strength: float) -> None:
    np.testing.assert_array_equal(made(domain, strength, strength), made(domain, strength, None))


@pytest.mark.parametrize("domain", Domain)
def test_both_parts_together_are_the_whole(domain: Domain) -> None:
    none, luma, chroma, both = (made(domain, *given) for given in ((0, 0), (1, 0), (0, 1), (1, 1)))
    np.testing.assert_allclose((luma - none) + (chroma - none), both - none, atol=1e-6)
    assert np.abs(luma - none).mean() > 1e-5
    assert np.abs(chroma - none).mean() > 1e-5


@pytest.mark.parametrize("domain", Domain)
def test_means_are_kept_and_grey_stays_grey(domain: Domain) -> None:
    rng = np.random.default_rng(1)
    gains = WHITE.planes(domain)
    grey = (0.2 + 0.05 * rng.standard_normal((1, 40, 30))).astype(np.float32) / gains
    smooth = (np.full_like(grey, 0.2) / gains).astype(np.float32)
    for luma, chroma in ((0.4, 1.0), (1.0, 0.2)):
        result = blend(grey, smooth, luma, chroma, domain, WHITE) * gains
        np.testing.assert_allclose(result, np.broadcast_to(result[:1], result.shape), atol=1e-6)
        np.testing.assert_allclose(result, (grey + luma * (smooth - grey)) * gains, atol=1e-6)
    x = rng.random((domain.channels, 40, 30)).astype(np.float32)
    removed = rng.standard_normal(x.shape).astype(np.float32)
    removed -= removed.mean(axis=(1, 2), keepdims=True)
    result = blend(x, x + removed, 0.3, 0.9, domain, WHITE)
    np.testing.assert_allclose(result.mean(axis=(1, 2)), x.mean(axis=(1, 2)), atol=1e-6)


@pytest.mark.parametrize("domain", COLORS)
def test_parts_are_what_the_definition_says(domain: Domain) -> None:
    colors, gains = COLORS[domain], np.array([2.0, 1.0, 1.6])
    removed = np.random.default_rng(2).standard_normal((domain.channels, 300, 2)).astype(np.float32)
    d = removed * gains[colors][:, None, None]
    r, g, b = (d[[c == color for c in colors]].mean(axis=0) for color in range(3))
    y = 0.25 * r + 0.5 * g + 0.25 * b
    colour = np.stack([(r, g, b)[c] - y for c in colors]) / gains[colors][:, None, None]
    found = blend(np.zeros_like(removed), removed, 0.0, 1.0, domain, WHITE)
    np.testing.assert_allclose(found, colour, atol=1e-6)
    if domain is Domain.BAYER:  # the greens alone differ: that is brightness
        only = np.array([0, 1, -1, 0], np.float32)[:, None, None] * np.ones((4, 3, 2), np.float32)
        np.testing.assert_array_equal(blend(np.zeros_like(only), only, 0.0, 1.0, domain, WHITE), 0)


@pytest.mark.parametrize(
    ("task", "chroma"), [("demosaic", 0.5), ("sr", 0.5), ("denoise", 1.5), ("denoise", float("nan"))]
)
def test_what_has_no_meaning_is_refused(task: str, chroma: float) -> None:
    with pytest.raises(RclError, match="--chroma-strength"):
        Restoration(get_task(task), Domain.BAYER, 1.0, chroma)
