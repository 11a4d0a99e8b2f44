"""Blending brightness and colour by different amounts: grain may stay where coloured blotches go."""

from __future__ import annotations

import numpy as np

from rcl_cli.domain import Domain
from rcl_cli.inference.tiling import Float
from rcl_cli.nn.balance import Balance

_WEIGHTS = np.array([0.25, 0.5, 0.25], np.float32)
"""Of R, G, B in brightness: as a Bayer mosaic has them."""
_COLORS = (0, 1, 1, 2)
_STRIP = 256


def blend(source: Float, prediction: Float, luma: float, chroma: float, domain: Domain, balance: Balance) -> Float:
    """source + luma·(d − c) + chroma·c, d = prediction − source and c its part in colour: all (C, h, w).

    With white balance applied, c is, for each colour of an element, how far the mean of d over that colour's planes is
    from the mean over all colours. Where d is grey, c is 0, so what is grey before and after stays grey; where the mean
    of d over the picture is 0, so are those of both parts. Differences between planes of one colour, such as the two
    greens, are brightness.
    """
    gains = balance.planes(domain)
    colors = [_COLORS[plane] for plane in domain.noise_planes]
    planes = [[place for place, found in enumerate(colors) if found == color] for color in range(3)]
    made = np.empty_like(source)
    for start in range(0, source.shape[1], _STRIP):
        rows = slice(start, start + _STRIP)
        removed = (prediction[:, rows] - source[:, rows]) * gains
        means = np.stack([removed[own].mean(axis=0) for own in planes])
        brightness = np.tensordot(_WEIGHTS, means, 1)
        in_color = (means - brightness)[colors]
        made[:, rows] = source[:, rows] + (luma * removed + (chroma - luma) * in_color) / gains
    return made
