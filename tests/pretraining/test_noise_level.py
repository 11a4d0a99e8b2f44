from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rcl_cli.data.crops import RegionSource
from rcl_cli.domain import Domain
from rcl_cli.pretraining.noise_level import noise_level


@pytest.mark.parametrize("domain", list(Domain))
def test_the_level_is_the_median_pictures(noisy_source: Callable[..., RegionSource], domain: Domain) -> None:
    # The pictures' σ are 1, 2, 3, 4 and 5, of 255.
    assert noise_level(noisy_source(5, 64, domain)) * 255 == pytest.approx(3, rel=0.05)


def test_shading_is_no_noise(noisy_source: Callable[..., RegionSource]) -> None:
    source = noisy_source(1, 64)
    shading = np.linspace(0, 1, 64, dtype=np.float32)
    source.pictures[0].regions[:] += shading * shading[:, None]
    assert noise_level(source) * 255 == pytest.approx(1, rel=0.05)


def test_flat_pictures_have_a_least_level(noisy_source: Callable[..., RegionSource]) -> None:
    source = noisy_source(1, 32)
    source.pictures[0].regions[:] = 1.0
    assert 0 < noise_level(source) * 255 < 0.1
