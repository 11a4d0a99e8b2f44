"""What tells noise from texture in flat blocks: colour, spectrum, direction, and how alike the blocks are.

Noise of a mosaic is of every colour, texture of one material of one. The spectrum of texture rises steadily towards
coarse detail, that of noise does not. Texture lies in a direction, noise in none. Noise is as strong in one flat block
as in the next, wherever they lie; much of a picture is as quiet as its quietest part, where that shows noise.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.flat_blocks import FlatBlocks
from rcl_calibration.plane_blocks import BLOCK

Array = NDArray[np.float64]
TRAITS = (
    "level",
    "fall of band 1",
    "fall of band 2",
    "fall from twice the scale",
    "colour in band 0",
    "colour in band 1",
    "second colour in band 1",
    "second colour in band 2",
    "third colour in band 0",
    "third colour in band 4",
    "second colour of usual blocks",
    "upright or lying",
    "coherence of gradients",
    "spread of energy",
    "spread beyond chance",
    "kurtosis of colour",
    "skewness of detail",
    "flattest of all",
    "next brightness",
    "mean of all",
    "2 to 10 %",
    "10 to 25 %",
    "25 to 50 %",
)
"""What `traits` are; F of them. Ratios and spreads are natural logarithms; percentages are quantiles of the energy of
all blocks, and bands those of `BANDS`."""
BANDS = (1.9, 3.1, 5.0, 8.0, 12.0, 23.0)
"""Bounds of spatial frequency, in half periods a block."""
_OPPONENT = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([3, 2, 6])[:, None]
"""Orthonormal: brightness and two colours."""
_MOST_USUAL = 200
_LEAST_VARIANCE = 1e-7
"""Variance that is not told apart from none: rounding to 8 bits makes ten times as much."""
_LEAST_SPREAD = 0.02
_FREQUENCY = np.hypot(*np.mgrid[:BLOCK, :BLOCK])
_MASKS = [(low <= _FREQUENCY) & (high > _FREQUENCY) for low, high in pairwise(BANDS)]


def traits(flat: FlatBlocks) -> Array:
    """(F,) of a picture of three channels, as displayed."""
    quiet = flat.quiet
    energies = np.sort(flat.energies)
    same = flat.bins[flat.quietest]
    order = same[np.argsort(flat.energy[same])]
    usual = flat.blocks[order[len(order) // 2 :][:_MOST_USUAL]]
    detail, coarse = coefficients(quiet), coefficients(flat.wide if len(flat.wide) else quiet)
    power, wide = _powers(detail), _powers(coarse)
    falls = -np.diff(_log(power.sum(0) / 3))
    colour = np.clip(_log(power[1:].mean(0)) - _log(power[0]), -5, 3)
    second, third = np.transpose([_colours(detail, mask) for mask in _MASKS])
    spread, excess = _spreads(detail)
    everywhere = _log(flat.energy)
    quantiles = np.diff(np.quantile(everywhere, [0.02, 0.1, 0.25, 0.5]))
    least = _log(energies[0])
    return np.array(
        [
            np.log(255 * np.sqrt(flat.variance(flat.blocks).mean() + _LEAST_VARIANCE)),
            *falls[1:3],
            # A coefficient of half the resolution has a quarter of the power.
            _log(4 * wide[0, 0]) - _log(power[0, 0]),
            *colour[:2],
            *second[1:3],
            third[0],
            third[4],
            _colours(coefficients(usual), _MASKS[0])[0] - second[0],
            _upright(detail[:, 0]),
            _coherence(quiet.mean(1)),
            spread,
            excess,
            _kurtosis(detail[:, 1:][:, :, _MASKS[2]]),
            _skewness(quiet.mean(1)),
            least - _log(flat.energy[order[: max(2, len(order) // 20)]].mean()),
            _log(energies[min(1, len(energies) - 1)]) - least,
            everywhere.mean() - least,
            *quantiles,
        ]
    )


def _log(values: Array | float) -> Array:
    return np.asarray(np.log(values + _LEAST_VARIANCE))


def coefficients(blocks: Array) -> Array:
    """(N, 3, BLOCK, BLOCK) cosine transforms of brightness and two colours."""
    place, frequency = np.meshgrid((np.arange(BLOCK) + 0.5) * np.pi / BLOCK, np.arange(BLOCK))
    basis = np.sqrt(2 / BLOCK) * np.cos(frequency * place)
    basis[0] /= np.sqrt(2)
    opponent = np.einsum("oc,nchw->nohw", _OPPONENT, blocks)
    return np.asarray(basis @ opponent @ basis.T)


def _powers(coefficients: Array) -> Array:
    """(3, bands) mean squares."""
    squares = np.square(coefficients).mean(0)
    return np.stack([squares[:, mask].mean(1) for mask in _MASKS], axis=1)


def _colours(coefficients: Array, mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Power along the second and third principal colour, over that along the first."""
    chosen = coefficients[:, :, mask].transpose(1, 0, 2).reshape(3, -1)
    third, second, first = np.maximum(np.linalg.eigvalsh(chosen @ chosen.T / chosen.shape[1]), 0)
    return float(_log(second) - _log(first)), float(_log(third) - _log(first))


def _spreads(coefficients: Array) -> tuple[float, float]:
    """Of the logarithm of the blocks' energy: its standard deviation, and its variance over that of chance."""
    squares = np.square(coefficients)
    mean = squares.mean(0)
    energy = _log(squares.mean((1, 2, 3)))
    chance = 2 * np.square(mean).sum() / max(mean.sum() ** 2, np.finfo(float).tiny)
    return float(np.log(max(energy.std(), _LEAST_SPREAD))), float(np.log(energy.var() / max(chance, 1e-6) + 0.05))


def _upright(brightness: Array) -> float:
    """How much stronger detail along one axis is than along the other, in most blocks."""
    squares = np.square(brightness) * (BANDS[1] <= _FREQUENCY)
    down, across = np.mgrid[:BLOCK, :BLOCK]
    energies = [_log((squares * side).sum((1, 2))) for side in (down > across, down < across)]
    return float(abs((energies[0] - energies[1]).mean()))


def _coherence(blocks: Array) -> float:
    """Coherence of the structure tensor, 0 where gradients point everywhere alike; over blocks, as a logarithm."""
    corners = blocks[:, 1:, 1:], blocks[:, 1:, :-1], blocks[:, :-1, 1:], blocks[:, :-1, :-1]
    across = corners[0] - corners[1] + corners[2] - corners[3]
    down = corners[0] + corners[1] - corners[2] - corners[3]
    xx, yy, xy = ((one * other).mean((1, 2)) for one, other in ((across, across), (down, down), (across, down)))
    coherence = np.hypot(xx - yy, 2 * xy) / (xx + yy + _LEAST_VARIANCE)
    return float(np.log(coherence.mean() + 0.02))


def _kurtosis(coefficients: Array) -> float:
    """Of (N, C, m), each divided by its own standard deviation over the blocks."""
    scaled = coefficients / np.sqrt(np.square(coefficients).mean(0) + _LEAST_VARIANCE)
    return float(np.log((scaled**4).mean() / ((scaled**2).mean() ** 2 + 1e-12) + 0.1))


def _skewness(blocks: Array) -> float:
    """Of the Laplacian, without its sign."""
    centre = 4 * blocks[:, 1:-1, 1:-1]
    detail = centre - blocks[:, :-2, 1:-1] - blocks[:, 2:, 1:-1] - blocks[:, 1:-1, :-2] - blocks[:, 1:-1, 2:]
    return float(np.log1p(abs((detail**3).mean() / ((detail**2).mean() ** 1.5 + 1e-12))))
