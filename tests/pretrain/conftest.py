from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_cli.data.crops import RegionSource
from rcl_cli.domain import Domain


@dataclass(frozen=True)
class FlatPicture:
    regions: NDArray[np.float32]


@pytest.fixture
def noisy_source() -> Callable[..., RegionSource]:
    """Flat grey pictures that differ in their noise: σ of picture i is i + 1 DN."""

    def make(pictures: int = 4, side: int = 24, domain: Domain = Domain.RGB) -> RegionSource:
        rng = np.random.default_rng(0)
        shape = (2, domain.channels, side, side)
        return RegionSource(
            [FlatPicture(rng.normal(0.5, (i + 1) / 255, shape).astype(np.float32)) for i in range(pictures)], domain
        )

    return make
