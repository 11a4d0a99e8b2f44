"""The spacing of values that occur, on made-up values."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_calibration.samples import Lattice
from rcl_calibration.spacing import value_spacing

X = np.array([0.1, 0.4, 0.8])


@pytest.mark.parametrize("step", [1, 2, 5])
def test_every_nth_value_has_spacing_n(step: int) -> None:
    values = (np.random.default_rng(0).integers(0, 4096, (500, 600)) // step * step).astype(np.uint16)
    assert value_spacing(Lattice(values, 1, 0, 4095), X) == pytest.approx(np.full(3, step), rel=0.05)


def test_values_missing_by_chance_are_not_left_out() -> None:
    values = np.random.default_rng(1).integers(0, 16384, (60, 60)).astype(np.uint16)
    assert value_spacing(Lattice(values, 1, 0, 16383), X) == pytest.approx(np.ones(3), abs=0.05)


def test_floating_point_values_have_no_step() -> None:
    assert value_spacing(Lattice(np.zeros((9, 9)), 1, step=0), X).tolist() == [1, 1, 1]
