"""Soft light: skies, walls, shaded balls and blurred backgrounds, where noise and banding show most."""

from __future__ import annotations

import numpy as np

from rcl_cli.samples.canvas import Canvas, Image
from rcl_cli.samples.colors import palette
from rcl_cli.samples.dead_leaves import dead_leaves
from rcl_cli.samples.fields import power_law, rotated


def gradients(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of one smooth scene: a ramp, clouds, shaded balls or a defocused background."""
    scene = (_ramp, _clouds, _balls, defocused)[rng.integers(4)]
    return scene(canvas, rng)


def defocused(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of dead leaves far out of focus."""
    coarse = Canvas(canvas.height, canvas.width, 1)
    blurred = coarse.blur(dead_leaves(coarse, rng), rng.uniform(3.0, 12.0))
    return canvas.enlarge(blurred)


def _ramp(canvas: Canvas, rng: np.random.Generator) -> Image:
    along, _ = rotated(canvas, rng.uniform(0, 2 * np.pi))
    along = (along - along.min()) / np.ptp(along)
    first, second = palette(2, rng, contrast=0.8)
    # Interpolating logarithms gives dark and bright values equal room.
    return np.asarray(np.exp(np.log(first) + along[..., None] * np.log(second / first)), np.float32)


def _clouds(canvas: Canvas, rng: np.random.Generator) -> Image:
    first, second = palette(2, rng, contrast=0.5)
    share = 0.5 + 0.5 * np.tanh(power_law(canvas, rng, rng.uniform(2.0, 3.0)))
    return np.asarray(first + share[..., None] * (second - first), np.float32)


def _balls(canvas: Canvas, rng: np.random.Generator) -> Image:
    """Matt and glossy balls under one lamp, on a ramp."""
    image = _ramp(canvas, rng)
    y, x = canvas.grid()
    lamp = rng.normal(0.0, 1.0, 3)
    lamp[2] = abs(lamp[2]) + 0.5
    lamp /= np.linalg.norm(lamp)
    for color in palette(int(rng.integers(2, 8)), rng, key=0.3):
        cy, cx = rng.random(2) * [canvas.height, canvas.width]
        radius = canvas.short_side * rng.uniform(0.08, 0.35)
        dy, dx = (y - np.float32(cy)) / np.float32(radius), (x - np.float32(cx)) / np.float32(radius)
        depth2 = 1.0 - dy**2 - dx**2
        cosine = np.maximum(lamp[0] * dx + lamp[1] * dy + lamp[2] * np.sqrt(np.maximum(depth2, 0.0)), 0.0)
        light = 0.06 + 0.94 * cosine[..., None] * color + 0.5 * rng.random() * cosine[..., None] ** 40
        image = np.where(depth2[..., None] > 0, light * np.minimum(color + 0.02, 1.0), image)
    return np.asarray(image, np.float32)
