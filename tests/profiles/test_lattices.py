"""Where the values of a raw end, as its lattices say."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_calibration.single_image import estimate
from rcl_cli.profiles.lattices import close_lattices, lattices
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import RawFrame

SHOT, READ = 6e-3, 4e-5


def dark(black: int, cut: int, cfa: CFA) -> RawFrame:
    """Smooth light of 0.003 to 0.12 with drawn photons, cut off at `cut` DN, 12 bits above `black`."""
    rng = np.random.default_rng(8)
    x = np.geomspace(0.003, 0.12, 700)[None, :] * np.linspace(0.8, 1.0, 500)[:, None]
    noisy = SHOT * rng.poisson(x / SHOT) + np.sqrt(READ) * rng.standard_normal(x.shape)
    mosaic = np.clip(np.rint(black + 4095 * noisy), cut, 65535).astype(np.uint16)
    return RawFrame(mosaic, cfa, (float(black),) * 4, black + 4095.0)


@pytest.mark.parametrize("cfa", [CFA.bayer("RGGB"), CFA.xtrans()], ids=str)
@pytest.mark.parametrize(("black", "cut", "lowest"), [(512, 512, 512), (512, 0, 0), (0, 0, 0)])
def test_values_that_were_cut_off_at_black_are_found(cfa: CFA, black: int, cut: int, lowest: int) -> None:
    frame = dark(black, cut, cfa)
    assert {lattice.lowest for lattice in (*close_lattices(frame), *lattices(frame))} == {lowest}


def test_a_bright_picture_that_ends_at_its_black_level_by_chance_is_not_cut_off() -> None:
    mosaic = np.random.default_rng(0).poisson(600, (64, 64)).astype(np.uint16)
    black = float(mosaic.min())
    frame = RawFrame(mosaic, CFA.bayer("RGGB"), (black,) * 4, 4095.0)
    assert {lattice.lowest for lattice in lattices(frame)} == {0.0}


def test_the_noise_of_a_raw_that_was_cut_off_at_black_is_that_of_the_sensor() -> None:
    profile = estimate(close_lattices(dark(512, 512, CFA.bayer("RGGB"))))
    x = np.array([0.02, 0.05, 0.1])
    assert profile.sigma(x) == pytest.approx(np.sqrt(SHOT * x + READ), rel=0.02)
