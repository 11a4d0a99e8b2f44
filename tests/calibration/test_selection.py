"""The choice of flat blocks: what it measures must be what is there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.layout import EVEN, HIGH, SIZE
from rcl_calibration.model import Clipping, Noise, response
from rcl_calibration.ranking import rank
from rcl_calibration.samples import Blocks, Lattice, dct_blocks
from rcl_calibration.scores import joint_scores
from rcl_calibration.selection import select, usable

SIGMA = 0.01
UNCLIPPED = [Clipping(-1.0)] * 4


def _blocks(planes: list[NDArray[np.float64]]) -> Blocks:
    return dct_blocks([Lattice(values, plane, step=0, lowest=-1) for plane, values in enumerate(planes)])


def test_selecting_flat_blocks_does_not_bias_pure_noise() -> None:
    """On noise alone selection must not change what is measured, nor see texture."""
    rng = np.random.default_rng(2)
    blocks = _blocks([0.3 + SIGMA * rng.standard_normal((600, 600)) for _ in range(4)])
    good, expected = usable(blocks, [Noise(0.0, SIGMA**2)] * 4, UNCLIPPED)
    scores = joint_scores(blocks, expected, good)
    bins = select(blocks, range(4), rank(blocks, good, scores), scores, expected)
    used = bins.blocks.sum()
    variance = np.average(bins.variance, weights=bins.blocks)
    assert good.all()
    assert variance == pytest.approx(SIGMA**2, rel=4 * np.sqrt(2 / (HIGH * used)))
    assert np.average(bins.texture, weights=bins.blocks) == pytest.approx(0, abs=0.02 * SIGMA**2)
    assert np.average(bins.middle, weights=bins.blocks) == pytest.approx(SIGMA**2, rel=0.05)


def test_selecting_flat_blocks_does_not_bias_noise_that_is_cut_off() -> None:
    """Its frequencies depend on one another within a block, so that choosing by some would change the others."""
    rng = np.random.default_rng(5)
    black = Clipping(-0.5 * SIGMA)
    blocks = _blocks([np.maximum(SIGMA * rng.standard_normal((1400, 1400)), black.low) for _ in range(4)])
    noise = Noise(0.0, SIGMA**2)
    seen, _, kept = response(noise, black).at(np.array([blocks.mean.mean()]))
    good = np.ones(blocks.mean.shape, np.bool_)
    expected = np.full(blocks.mean.shape, seen[0])
    scores = joint_scores(blocks, expected, good)
    bins = select(blocks, range(4), rank(blocks, good, scores), scores, expected, fraction=0.1)
    variance = np.average(bins.variance, weights=bins.blocks)
    assert kept[0] < 0.7
    assert variance == pytest.approx(seen[0], rel=3 * np.sqrt(2 / (HIGH * bins.blocks.sum())))


def test_texture_of_the_flattest_blocks_is_not_hidden_by_the_noise_that_made_them_look_flat() -> None:
    """Compared with the covariance of the same blocks without any noise."""
    rng = np.random.default_rng(4)
    common = 0.006 * rng.standard_normal((900, 900))
    clean = _blocks([0.3 + common] * 4)
    noisy = _blocks([0.3 + common + SIGMA * rng.standard_normal(common.shape) for _ in range(4)])
    good, expected = usable(noisy, [Noise(0.0, SIGMA**2)] * 4, UNCLIPPED)
    scores, truth = joint_scores(noisy, expected, good), joint_scores(clean, expected, good)
    chosen = [(half, p, order[-1][: order[-1].size // 20]) for half, p, order in _largest(rank(noisy, good, scores))]
    measured, true = (
        np.mean([each.comparison.texture(p, flat, EVEN.halves[1 - half])[0].mean() for half, p, flat in chosen])
        for each in (scores, truth)
    )
    assert measured == pytest.approx(true, rel=0.03)


def _largest(rankings: list[list[list[NDArray[np.intp]]]]) -> list[tuple[int, int, list[NDArray[np.intp]]]]:
    """Each half's and lattice's bins, the fullest last."""
    return [(half, p, sorted(bins, key=len)) for half, ranking in enumerate(rankings) for p, bins in enumerate(ranking)]


def test_blocks_are_as_bright_as_they_are_not_as_their_noise_makes_them() -> None:
    """Where dark is common and light rare, most blocks that look bright owe it to their noise."""
    rng = np.random.default_rng(9)
    light = 0.004 * np.exp(np.linspace(0, 5, 1500))
    clean = np.broadcast_to(light, (1500, 1500))
    truth = _blocks([clean] * 4).light
    blocks = _blocks([clean + 3 * SIGMA * rng.standard_normal(clean.shape) for _ in range(4)])
    good, expected = usable(blocks, [Noise(0.0, 9 * SIGMA**2)] * 4, UNCLIPPED)
    for ranking in rank(blocks, good, joint_scores(blocks, expected, good)):
        for chosen in ranking[0]:
            if chosen.size > 100:
                error = 3 * SIGMA / np.sqrt(SIZE**2 / 2 * chosen.size)
                assert blocks.light[0, chosen].mean() == pytest.approx(truth[0, chosen].mean(), abs=5 * error)


@pytest.mark.parametrize(
    ("fraction", "steps"), [(None, (1.0,)), (None, (0.4, 12.0)), (0.1, (1.0, 3.0)), (1e-6, (1.0,))]
)
def test_what_is_looked_at_is_the_flattest_in_order_and_nothing_is_lost(
    fraction: float | None, steps: tuple[float, ...]
) -> None:
    rng = np.random.default_rng(7)
    blocks = _blocks([np.linspace(0, 0.8, 300) ** 2 + SIGMA * rng.standard_normal((300, 300)) for _ in range(4)])
    good, expected = usable(blocks, [Noise(0.0, SIGMA**2)] * 4, UNCLIPPED)
    scores = joint_scores(blocks, expected, good)
    whole = rank(blocks, good, scores)
    for half, ranking in enumerate(rank(blocks, good, scores, fraction=fraction, steps=steps)):
        for p, (orders, every) in enumerate(zip(ranking, whole[half], strict=True)):
            assert np.array_equal(np.sort(np.concatenate(orders)), np.flatnonzero(good[p]))
            for order, complete in zip(orders, every, strict=True):
                deviate = scores.deviate[half, p]
                count = min(order.size, max(12, int(0.02 * order.size)))
                assert np.array_equal(deviate[order[:count]], np.sort(deviate[order])[:count])
                assert np.array_equal(np.sort(order), np.sort(complete))
    first, second = (
        select(blocks, range(4), each, scores, expected, fraction=fraction, steps=steps)
        for each in (whole, rank(blocks, good, scores, fraction=fraction, steps=steps))
    )
    np.testing.assert_allclose(first.variance, second.variance, rtol=1e-12)
    assert np.array_equal(first.tile_count, second.tile_count)


def test_a_single_lattice_is_judged_by_itself() -> None:
    rng = np.random.default_rng(6)
    half_textured = SIGMA * rng.standard_normal((400, 400)) + 0.3
    half_textured[:, 200:] += 0.05 * rng.standard_normal((400, 200))
    blocks = _blocks([half_textured])
    good, expected = usable(blocks, [Noise(0.0, SIGMA**2)], UNCLIPPED[:1])
    scores = joint_scores(blocks, expected, good)
    bins = select(blocks, [1], rank(blocks, good, scores), scores, expected)
    assert (bins.texture == 0).all()
    assert bins.variance[bins.blocks.argmax()] == pytest.approx(SIGMA**2, rel=0.1)
