"""What a noise level was fitted to, as points of a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.model import Array, Noise, response
from rcl_calibration.photon_transfer import PairMeasurement, join
from rcl_calibration.selection import KEPT_VARIANCE
from rcl_calibration.single_image import Measurement


@dataclass(frozen=True)
class Points:
    """Noise measured in bins of brightness, (n,) each, with clipping, rounding and texture undone."""

    x: Array
    variance: Array
    plane: NDArray[np.intp]
    """0–3"""


def points_of_images(measurements: Sequence[Measurement]) -> Points:
    """Of single images."""
    found = []
    for one in measurements:
        bins, fit = one.bins, one.fit
        flat = bins.variance - fit.texture
        used = (fit.weight > 0) & (flat > bins.variance / 2)
        found.append(
            Points(fit.x[used], ((flat - fit.rounding) / fit.kept - fit.prnu * fit.x**2)[used], bins.plane[used])
        )
    return Points(
        np.concatenate([one.x for one in found]),
        np.concatenate([one.variance for one in found]),
        np.concatenate([one.plane for one in found]),
    )


def points_of_pairs(measurements: Sequence[PairMeasurement], noise: Noise) -> Points:
    """Of pairs of frames; `noise`, as fitted, tells what clipping did."""
    cells, clippings = join(measurements)
    x, variance, kept = np.empty_like(cells.x), cells.variance, np.empty_like(cells.x)
    for number, clipping in enumerate(clippings):
        mine = cells.lattice == number
        _, x[mine], kept[mine] = response(noise, clipping).at(cells.x[mine])
        variance[mine] -= clipping.step**2 / 12
    used = kept >= KEPT_VARIANCE
    return Points(x[used], (variance / kept)[used], cells.plane[used])
