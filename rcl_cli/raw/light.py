"""White points: correlated colour temperature, and adaptation from one to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rcl_cli.raw.srgb import XYZ_TO_SRGB

Matrix = NDArray[np.float64]

D50_XY, D65_XY = (0.3457, 0.3585), (0.3127, 0.3290)
"""CIE x, y; D50 is the white of ICC profiles and of DNG's forward matrices, D65 that of sRGB."""

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_MIREDS = np.arange(1e6 / 15000, 1e6 / 1500, 0.05)
"""Where Krystek's curve holds, closely enough that a step is below 0.1 % of any temperature."""


def xyz_of(xy: ArrayLike) -> Matrix:
    """(3,) XYZ of a chromaticity, Y = 1."""
    x, y = np.asarray(xy, np.float64)
    return np.array([x / y, 1.0, (1 - x - y) / y])


def xy_of(xyz: ArrayLike) -> Matrix:
    """(2,) chromaticity of XYZ."""
    values = np.asarray(xyz, np.float64)
    return np.asarray(values[:2] / values.sum())


def temperature(xy: ArrayLike) -> float:
    """Correlated colour temperature in K, at least 1500 and at most 15000.

    That of the nearest point of the Planckian locus in CIE 1960 u, v, which Krystek (1985) gives in closed form.

    >>> round(temperature((0.4476, 0.4074)), -1), round(temperature((0.3127, 0.3290)), -1)  # A is 2856 K, D65 6504 K
    (2850.0, 6510.0)
    """
    x, y = np.asarray(xy, np.float64)
    u, v = np.array([4 * x, 6 * y]) / (-2 * x + 12 * y + 3)
    return float(1e6 / _MIREDS[np.argmin((_LOCUS[0] - u) ** 2 + (_LOCUS[1] - v) ** 2)])


def adaptation(source: ArrayLike, target: ArrayLike) -> Matrix:
    """(3, 3), XYZ as seen under the white XYZ `source` to XYZ as seen under `target`, by Bradford's method."""
    cones = (_BRADFORD @ np.asarray(target)) / (_BRADFORD @ np.asarray(source))
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD)


def _locus(t: Matrix) -> tuple[Matrix, Matrix]:
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t**2) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t**2)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t**2) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t**2)
    return u, v


_LOCUS = _locus(1e6 / _MIREDS)

XYZ_D50_TO_SRGB: Matrix = XYZ_TO_SRGB @ adaptation(xyz_of(D50_XY), np.linalg.inv(XYZ_TO_SRGB) @ np.ones(3))
"""(3, 3), XYZ seen under D50 to linear sRGB; D50 becomes white."""
