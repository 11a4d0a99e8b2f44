"""Built things: bricks, tiles, boards, fences, blinds and rows of windows, straight and regular, in perspective."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_cli.samples.canvas import Canvas, Image
from rcl_cli.samples.colors import palette, variations
from rcl_cli.samples.fields import power_law, rotated

_FINEST = 3.5
"""Pixels of the narrowest period, where the wall is farthest."""
_TABLE = 64


def facade(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of a wall of cells with joints between them, or of bars before a background."""
    u, v = _perspective(canvas, rng)
    breadth = np.exp(rng.uniform(np.log(_FINEST), np.log(canvas.short_side / 3 + _FINEST)))
    length = breadth * np.exp(rng.uniform(0.0, 3.0))
    row = np.floor(v / breadth)
    shift = rng.choice([0.0, 0.5, rng.random()]) * row
    column = np.floor(u / length + shift)
    across, along = v / breadth - row, u / length + shift - column
    joint = rng.uniform(0.04, 0.5)
    solid = (across > joint) & (along > joint * breadth / length)
    cells = _cell_colors(rng)[(row.astype(np.int64) * 7 + column.astype(np.int64) * 3) % _TABLE]
    ground = palette(1, rng)[0] if rng.random() < 0.4 else cells.mean(axis=(0, 1)) * np.float32(rng.uniform(0.1, 1.5))
    image = np.where(solid[..., None], cells * _relief(across, along, rng)[..., None], ground)
    weather = np.exp(np.float32(rng.uniform(0.0, 0.25)) * power_law(canvas, rng, rng.uniform(0.5, 1.5)))
    light = np.exp(np.float32(rng.uniform(0.0, 0.4)) * power_law(canvas, rng, 2.5))
    return np.asarray(image * (weather * light)[..., None], np.float32)


def _perspective(canvas: Canvas, rng: np.random.Generator) -> tuple[Image, Image]:
    """Coordinates (rows, columns) on the wall, in pixels of its farthest part."""
    u, v = rotated(canvas, rng.choice([0.0, np.pi / 2]) + rng.normal(0.0, 0.1) * (rng.random() < 0.7))
    tilt = rng.uniform(-0.8, 0.8, 2) * (rng.random() < 0.6)
    depth = tilt[0] * u / max(float(np.ptp(u)), 1.0) + tilt[1] * v / max(float(np.ptp(v)), 1.0)
    # 1 at the farthest corner and above 1 elsewhere: nearer parts are magnified, and no period falls below the finest.
    nearness = (1.0 + depth - depth.min()).astype(np.float32)
    return u / nearness, v / nearness


def _cell_colors(rng: np.random.Generator) -> NDArray[np.float32]:
    """(table, 3): shades of one to three colours."""
    bases = palette(int(rng.integers(1, 4)), rng, contrast=0.7)
    shades = [variations(base, _TABLE, rng, rng.uniform(0.02, 0.4)) for base in bases]
    return np.stack(shades)[rng.integers(len(bases), size=_TABLE), np.arange(_TABLE)]


def _relief(across: Image, along: Image, rng: np.random.Generator) -> Image:
    """Shading (rows, columns) of one cell: flat, sloped or round."""
    form = (np.zeros_like(across), across - 0.5, np.sin(np.pi * across) - 0.5, along - 0.5)[rng.integers(4)]
    return np.asarray(1.0 + np.float32(rng.uniform(-0.8, 0.8)) * form, np.float32)
