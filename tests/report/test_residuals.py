"""Distances between residuals, and the densities of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from rcl_cli.domain import Domain
from rcl_cli.report.residual_section import densities, residual_section
from rcl_cli.report.residuals import Distances, Portrait, Residuals, emd_between


def test_distances_agree_with_scipy() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((2, 3, 4, 50))
    found = emd_between(first, second)
    for i in range(3):
        for j in range(3):
            planes = [wasserstein_distance(first[i, c], second[j, c]) for c in range(4)]
            assert found[i, j] == pytest.approx(np.mean(planes))


def test_densities_of_nothing_or_of_one_value_are_not_drawn() -> None:
    assert densities({"a": np.array([])}, "x", "caption") == ""
    assert densities({"a": np.array([1.0, 1.0])}, "x", "caption") == ""
    assert densities({"a": np.array([1.0, 2.0]), "b": np.array([np.nan])}, "x", "caption") == ""


def test_each_density_reaches_its_own_peak() -> None:
    rng = np.random.default_rng(2)
    page = densities({"narrow": rng.normal(0, 0.1, 1000), "wide": rng.normal(0, 3, 1000)}, "x", "caption")
    tops = [
        min(float(point.split(",")[1]) for point in part.split('"')[0].split()) for part in page.split('points="')[1:]
    ]
    assert len(tops) == 4  # an area and its edge for each
    assert len(set(tops)) == 1


@pytest.mark.parametrize(("domain", "channels"), [(Domain.BAYER, 4), (Domain.XTRANS, 9), (Domain.RGB, 3)])
def test_pictures_of_every_layout(domain: Domain, channels: int) -> None:
    rng = np.random.default_rng(3)
    x, untrained = rng.random((2, channels, 24, 32)).astype(np.float32)
    portrait = Portrait("<name>", domain, x, untrained, np.zeros_like(x))
    distances = Distances(rng.random(5), 1 + rng.random(20), 1 + rng.random(20))
    page = residual_section(Residuals(distances, distances, [portrait]))
    assert page.count("<img") == 3
    assert "&lt;name&gt;" in page
    assert "100 % of the negative pairs" in page
