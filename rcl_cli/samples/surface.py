"""From labels to light: the colour, shading and texture of each painted shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_cli.samples.canvas import Canvas, Image
from rcl_cli.samples.fields import power_law
from rcl_cli.samples.shapes import Labels

_TEXTURED_SHARE = 0.75


@dataclass(frozen=True)
class Surfaces:
    """One row per label, the background's first."""

    color: NDArray[np.float32]
    """(n, 3) linear RGB"""
    slope: NDArray[np.float32]
    """(n, 2) relative change of brightness per pixel along y and x: light falling unevenly on the shape."""
    center: NDArray[np.float32]
    """(n, 2) y and x where the brightness is that of `color`."""
    texture: NDArray[np.float32]
    """(n,) relative strength of a brightness texture."""
    accent: NDArray[np.float32]
    """(n, 3) strength of a second, coloured texture."""


def drawn(
    color: NDArray[np.float32],
    center: NDArray[np.float64],
    radii: NDArray[np.float64],
    rng: np.random.Generator,
) -> Surfaces:
    """Surfaces of shapes of the given colours (n, 3), centres (n, 2) as (x, y) and radii (n,), in pixels."""
    count = len(color)
    slope = rng.normal(0.0, 0.25, (count, 2)) / np.maximum(radii, 1.0)[:, None]
    texture = rng.exponential(0.2, count) * (rng.random(count) < _TEXTURED_SHARE)
    accent = rng.normal(0.0, 0.04, (count, 3)) * color * (rng.random((count, 1)) < _TEXTURED_SHARE)
    values = (color, slope, center[:, ::-1], texture, accent)
    return Surfaces(*(np.asarray(v, np.float32) for v in values))


def lit(canvas: Canvas, labels: Labels, surfaces: Surfaces, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of painted labels (rows, columns)."""
    y, x = canvas.grid()
    level = 1.0 - (surfaces.slope * surfaces.center).sum(axis=1)
    gain = np.take(level, labels)
    gain += np.take(surfaces.slope[:, 0], labels) * y
    gain += np.take(surfaces.slope[:, 1], labels) * x
    np.clip(gain, 0.35, 1.8, out=gain)
    grain = np.clip(power_law(canvas, rng, rng.uniform(0.3, 1.3)), -3.0, 3.0)
    gain *= np.maximum(1.0 + np.take(surfaces.texture, labels) * grain, 0.1)
    colored = power_law(canvas, rng, rng.uniform(0.7, 1.6))
    image = np.take(surfaces.color, labels, axis=0)
    image *= gain[..., None]
    image += np.take(surfaces.accent, labels, axis=0) * colored[..., None]
    return np.maximum(image, 0.0, out=image)
