"""Small 8-bit frames of one camera at one gain, which tell little each: their intervals must say so."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from rcl_calibration.profile import NoiseProfile
from rcl_calibration.samples import Lattice
from rcl_calibration.single_image import estimate
from rcl_cli.cli.main import cli

X = 0.1
_AT = 2
"""Of X in `profile.SIGMA_X`."""
GBRG = {(0, 0): 1, (0, 1): 3, (1, 0): 0, (1, 1): 2}

pytestmark = [pytest.mark.realdata, pytest.mark.slow]


@pytest.fixture(scope="module")
def frames(realdata: Path) -> Path:
    return realdata / "paired" / "flea3-ladder" / "light"


@pytest.fixture(scope="module")
def profiles(frames: Path) -> list[NoiseProfile]:
    """Of each frame by itself, as the mosaic that it is; 0 is the black level, as far as 8 bits tell."""
    found = []
    for path in sorted(frames.glob("*.tif")):
        mosaic = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert mosaic is not None
        lattices = [Lattice(mosaic[y::2, x::2], plane, 0, 255, offset=(y / 2, x / 2)) for (y, x), plane in GBRG.items()]
        found.append(estimate(lattices))
    assert len(found) == 21
    return found


def _relative_width(profile: NoiseProfile) -> float:
    assert profile.sigma_ci is not None
    low, high = profile.sigma_ci[1][_AT]
    return (high - low) / (high + low)


def test_intervals_hold_what_the_frames_agree_on(profiles: list[NoiseProfile]) -> None:
    """All have the same noise. Of 21 intervals of 90 % sixteen or more hold it in 98 of 100 cases."""
    agreed = float(np.median([profile.sigma(X) for profile in profiles]))
    holds = []
    for profile in profiles:
        assert profile.sigma_ci is not None
        low, high = profile.sigma_ci[1][_AT]
        holds.append(low <= agreed <= high)
    assert sum(holds) >= 16


def test_no_frame_is_confident(profiles: list[NoiseProfile]) -> None:
    """The frames scatter by tens of percent, so no interval that is to be trusted is narrower than ±10 %."""
    sigmas = [profile.sigma(X) for profile in profiles]
    assert max(sigmas) / min(sigmas) > 1.2
    trusted = [_relative_width(profile) for profile in profiles if profile.quality == "ok"]
    assert all(width > 0.1 for width in trusted)
    assert float(np.median([_relative_width(profile) for profile in profiles])) > 0.1


def test_mosaics_taken_for_grey_pictures_are_never_ok(frames: Path) -> None:
    """Nothing in the files says that they are mosaics: pixels of three colours look like texture everywhere."""
    result = CliRunner().invoke(cli, ["calibrate", str(frames), "--linear", "--json"])
    lines = result.stdout.splitlines()
    assert lines
    assert not any('"quality": "ok"' in line for line in lines)
