"""DNGs to stamp, and a noise profile for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rcl_calibration.profile import NoiseProfile
from rcl_cli.profiles.book import save_profiles
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.samples.camera import SAMPLE_CAMERA


@pytest.fixture
def profile() -> NoiseProfile:
    """Another one for each plane."""
    return NoiseProfile((1e-3, 2e-3, 4e-3, 5e-3), (1e-6, 2e-6, 4e-6, 5e-6))


@pytest.fixture
def given(tmp_path: Path, profile: NoiseProfile) -> Path:
    """A file of one profile, which holds for whatever it is given with."""
    save_profiles(tmp_path / "given.json", [profile])
    return tmp_path / "given.json"


@pytest.fixture
def sample() -> Callable[..., Path]:
    """Writes a DNG of the sample camera: path, ISO and CFA; the path."""

    def write(path: Path, iso: float = 400.0, cfa: CFA | None = None) -> Path:
        scene = np.random.default_rng(1).random((64, 96, 3)).astype(np.float32)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_dng(path, SAMPLE_CAMERA.expose(scene, iso, cfa or CFA.bayer("GRBG"), np.random.default_rng(2)))
        return path

    return write
