"""The names that `rcl_calibration` itself offers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rcl_calibration
from rcl_calibration.profile import NoiseProfile as Home


@pytest.mark.parametrize("name", rcl_calibration.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(rcl_calibration, name).__doc__
    with pytest.raises(AttributeError):
        getattr(rcl_calibration, f"{name}_not")


def test_importing_the_package_imports_nothing_else() -> None:
    program = "import sys, rcl_calibration; print({'numpy', 'cv2', 'torch'} & set(sys.modules))"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "set()"


def test_one_picture_is_measured_by_public_names_alone(tmp_path: Path) -> None:
    """As the README shows it: noise of λ_shot = 1e-3, λ_read = 1e-5 on a ramp."""
    rng = np.random.default_rng(0)
    x = np.linspace(0.02, 0.8, 600)[None, :].repeat(400, 0)
    mosaics = [np.rint(64 + 4031 * (x + np.sqrt(1e-3 * x + 1e-5) * rng.standard_normal(x.shape))) for _ in range(4)]
    offsets = [(0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5)]
    lattices = [
        rcl_calibration.Lattice(np.maximum(dn, 0).astype(np.uint16), plane, 64, 4095, offset=offset)
        for plane, (dn, offset) in enumerate(zip(mosaics, offsets, strict=True))
    ]
    profile = rcl_calibration.estimate(lattices, camera="One")
    assert isinstance(profile, Home)
    assert profile.quality == "ok"
    assert profile.shot[0] == pytest.approx(1e-3, rel=0.03)
    path = tmp_path / "profiles.json"
    path.write_text(rcl_calibration.profiles_text([profile]))
    assert rcl_calibration.read_profiles(path) == [profile]
