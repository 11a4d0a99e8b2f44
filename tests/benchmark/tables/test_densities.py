from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr, wasserstein_distance

from rcl_benchmark.tables.densities import cut, densities, samples, true_noise
from rcl_benchmark.tables.fig2 import TRAINED, UNTRAINED

SIDE, CROP, ROUNDS = 24, 8, 2


@pytest.fixture
def patches():
    """Five pictures, each of one of 0, 0.1, …, 0.4, with noise below 0.05 of a size of its own."""
    rng = torch.Generator().manual_seed(0)
    clean = [torch.full((3, SIDE, SIDE + i), i / 10) for i in range(5)]
    noisy = [p + 0.01 * (i + 1) * (torch.rand(p.shape, generator=rng) - 0.5) for i, p in enumerate(clean)]
    return cut(clean, noisy, CROP, ROUNDS, rng)


def to_clean(x):
    return (10 * x).round() / 10


@pytest.mark.slow
def test_patches_are_the_same_places_of_clean_and_noisy(patches):
    assert patches.clean.shape == patches.noisy.shape == (ROUNDS, 2, 5, 3, CROP, CROP)
    torch.testing.assert_close(to_clean(patches.noisy), patches.clean)


def test_the_crops_of_a_pair_share_a_quarter_or_more():
    picture = torch.arange(40.0 * 40).view(1, 40, 40)
    patches = cut([picture] * 2, [picture] * 2, 8, 50, torch.Generator().manual_seed(1))
    for first, second in patches.clean.transpose(1, 2).flatten(0, 1).flatten(2).tolist():
        assert len(set(first) & set(second)) >= 16


def test_a_model_that_returns_the_clean_picture_leaves_the_noise(patches):
    found, noise = densities(to_clean, patches, TRAINED), true_noise(patches)
    np.testing.assert_allclose(found.differences, noise.differences, atol=1e-3)
    assert (found.correlation, found.size) == pytest.approx((1, 1), abs=1e-4)
    assert found.offset_dn == pytest.approx(noise.offset_dn, abs=1e-3)


def test_the_identity_leaves_nothing(patches):
    found = densities(lambda x: x, patches, UNTRAINED)
    assert not found.differences.any()
    assert (found.correlation, found.offset_dn, found.size) == (0, 0, 0)


def test_differences_are_those_of_scipy(patches):
    noise = 255 * (patches.noisy - patches.clean).flatten(3).double().numpy()
    expected = []
    for first, second in noise:
        for j, i in product(range(5), repeat=2):
            if i != j:
                positive = wasserstein_distance(first[j], second[j])
                expected.append(wasserstein_distance(first[j], second[i]) - positive)
    np.testing.assert_allclose(true_noise(patches).differences, expected, atol=1e-3)


def test_what_the_residual_has_of_the_noise_is_measured_in_each_crop(patches):
    def model(x):
        return 0.5 * x - 0.1

    found = densities(model, patches, TRAINED)
    residual = (patches.noisy - model(patches.noisy)).flatten(0, 2).flatten(1).double().numpy()
    noise = (patches.noisy - patches.clean).flatten(0, 2).flatten(1).double().numpy()

    # An even number of crops: torch's median is the lower of the middle two.
    def median(values):
        return np.sort(values)[(len(values) - 1) // 2]

    assert found.correlation == pytest.approx(median([pearsonr(r, n)[0] for r, n in zip(residual, noise, strict=True)]))
    assert found.size == pytest.approx(0.5, abs=1e-4)
    assert found.offset_dn == pytest.approx(median(np.abs(255 * residual.mean(1))), abs=1e-3)


def test_summaries_compare_with_the_true_noise(patches):
    found = [densities(lambda x: x, patches, UNTRAINED), densities(to_clean, patches, TRAINED), true_noise(patches)]
    before, after, noise = samples("plain", found)
    assert before.to_noise_dn == pytest.approx(wasserstein_distance(found[0].differences, found[2].differences))
    assert after.to_noise_dn == pytest.approx(0, abs=1e-3)
    assert (noise.to_noise_dn, before.positive_share) == (0, 0)
    assert noise.positive_share == (found[2].differences > 0).mean()
    assert noise.pairs == ROUNDS * 5 * 4
    low, high = noise.span_dn
    assert (low, high) == before.span_dn == after.span_dn
    width = (high - low) / len(noise.density)
    assert sum(noise.density) * width == pytest.approx(1)
    inside = found[2].differences[(low <= found[2].differences) & (found[2].differences <= high)]
    middles = low + width * (np.arange(len(noise.density)) + 0.5)
    assert np.average(middles, weights=noise.density) == pytest.approx(inside.mean(), abs=width / 2)


def test_pictures_must_come_in_pairs_and_be_large_enough():
    picture = torch.zeros(3, 16, 16)
    with pytest.raises(ValueError, match="two pictures"):
        cut([picture], [picture], 8, 1, torch.Generator())
    with pytest.raises(ValueError, match="17"):
        cut([picture] * 2, [picture] * 2, 17, 1, torch.Generator())
