"""White points against published values."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_cli.raw.light import D50_XY, D65_XY, XYZ_D50_TO_SRGB, adaptation, temperature, xy_of, xyz_of


@pytest.mark.parametrize(
    ("xy", "kelvin"),
    [
        ((0.4476, 0.4074), 2856),  # standard light A
        ((0.3457, 0.3585), 5003),  # D50
        ((0.3325, 0.3476), 5503),  # D55
        ((0.3127, 0.3290), 6504),  # D65
        ((0.2990, 0.3149), 7504),  # D75
        ((0.5269, 0.4133), 2000),  # black body
        ((0.2807, 0.2884), 10000),
    ],
)
def test_temperatures_of_the_cie_s_lights(xy: tuple[float, float], kelvin: float) -> None:
    assert temperature(xy) == pytest.approx(kelvin, rel=2e-3)


def test_bradford_s_matrix_from_d65_to_d50() -> None:
    # brucelindbloom.com, "Chromatic Adaptation", for ASTM's whites.
    expected = [
        [1.0478112, 0.0228866, -0.0501270],
        [0.0295424, 0.9904844, -0.0170491],
        [-0.0092345, 0.0150436, 0.7521316],
    ]
    d65, d50 = [0.95047, 1, 1.08883], [0.96422, 1, 0.82521]
    assert adaptation(d65, d50) == pytest.approx(np.array(expected), abs=1e-6)


def test_d50_is_white_and_colours_are_lindbloom_s() -> None:
    assert XYZ_D50_TO_SRGB @ xyz_of(D50_XY) == pytest.approx(np.ones(3), abs=1e-9)
    # brucelindbloom.com, "RGB/XYZ Matrices", sRGB relative to D50.
    expected = [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
    assert pytest.approx(np.array(expected), abs=1e-3) == XYZ_D50_TO_SRGB
    assert xy_of(xyz_of(D65_XY)) == pytest.approx(D65_XY)
