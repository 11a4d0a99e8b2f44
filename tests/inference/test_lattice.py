"""Of a flat field nothing is left at the frequencies of the filters' lattice that the input had not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.inference.load import load
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import raw_frame

SIDE = 120
LEVELS = np.array([0.12, 0.24, 0.16])


@pytest.mark.slow
@pytest.mark.parametrize("task", ["denoise", "demosaic"])
@pytest.mark.parametrize("cfa", [CFA.xtrans(), CFA.xtrans(1, 2)], ids=["0, 0", "1, 2"])
def test_a_flat_field_of_x_trans_has_no_lattice(cfa: CFA, task: str) -> None:
    clean = LEVELS[cfa.colors(SIDE, SIDE)]
    shot, read = 0.002, 1e-5
    noise = np.sqrt(shot * clean + read) * np.random.default_rng(0).standard_normal(clean.shape)
    dn = np.rint(1000 + (clean + noise) * (16000 - 1000)).astype(np.uint16)
    frame = raw_frame(dn, cfa, black=1000, white=16000, white_balance=(2.0, 1.0, 1.5))
    result = load(task, "xtrans")(frame, NoiseProfile((shot,) * 4, (read,) * 4)).picture
    before = energy(frame.normalized() - clean)
    if result.cfa is not None:
        assert energy(result.pixels - clean) <= before
        return
    for channel in range(3):
        assert energy(result.pixels[..., channel] - LEVELS[channel]) <= before


def energy(error: NDArray[np.floating]) -> float:
    """Mean power at the lattice's frequencies: multiples of a sixth along each axis, other than the mean's."""
    power = np.abs(np.fft.fft2(error)) ** 2 / error.size
    lattice = power[:: SIDE // 6, :: SIDE // 6].copy()
    lattice[0, 0] = 0
    return float(lattice.sum() / (lattice.size - 1))
