"""A made-up shot that the tests write and read back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import Metadata, RawFrame

MATRIX = np.array([[0.8606, -0.2573, -0.0949], [-0.8237, 1.5489, 0.2974], [-0.2649, 0.3076, 0.9100]])

MakeFrame = Callable[..., RawFrame]


@pytest.fixture
def metadata() -> Metadata:
    """A shot held upright (orientation 6), everything known."""
    return Metadata(
        make="Tester",
        model="Tester One",
        iso=800,
        exposure_s=1 / 250,
        white_balance=(2.0, 1.0, 1.6),
        xyz_to_camera=MATRIX,
        orientation=6,
        noise_profile=NoiseProfile((0.01, 0.02, 0.04, 0.05), (1e-5, 2e-5, 4e-5, 5e-5)),
    )


@pytest.fixture
def make_frame(metadata: Metadata) -> MakeFrame:
    """`make_frame(cfa, black_level)`: 51 × 63 random DN."""

    def make(cfa: CFA, black_level: tuple[float, float, float, float] = (256.0,) * 4) -> RawFrame:
        dn = np.random.default_rng(0).integers(200, 4096, (51, 63)).astype(np.uint16)
        return RawFrame(dn, cfa, black_level, 4095.0, metadata)

    return make
