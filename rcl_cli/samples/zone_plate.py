"""Test patterns of known frequency, never above 0.46 cycles a pixel: zone plates, chirps, gratings and stars."""

from __future__ import annotations

import numpy as np

from rcl_cli.samples.canvas import Canvas, Image
from rcl_cli.samples.colors import palette, variations
from rcl_cli.samples.fields import rotated

HIGHEST_FREQUENCY = 0.46
"""Cycles a pixel; the Nyquist frequency is 0.5."""


def zone_plate(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of one pattern between two colours, which differ in brightness, hue or both."""
    pattern = (_rings, _chirp, _gratings, _star)[rng.integers(4)]
    wave = pattern(canvas, rng)
    if rng.random() < 0.3:
        wave = np.tanh(4.0 * wave)
    dark, light = _two_colors(rng)
    return np.asarray(dark + (0.5 + 0.5 * wave[..., None]) * (light - dark), np.float32)


def _two_colors(rng: np.random.Generator) -> tuple[Image, Image]:
    light = palette(1, rng, key=0.35, contrast=0.5, chroma=1.2)[0]
    if rng.random() < 0.5:
        return variations(light * np.float32(rng.uniform(0.02, 0.4)), 1, rng, 0.2)[0], light
    return palette(1, rng, key=rng.uniform(0.03, 0.3), contrast=0.3, chroma=1.2)[0], light


def _rings(canvas: Canvas, rng: np.random.Generator) -> Image:
    y, x = canvas.grid()
    cy, cx = rng.random(2) * [canvas.height, canvas.width]
    radius2 = (y - np.float32(cy)) ** 2 + (x - np.float32(cx)) ** 2
    farthest = float(np.hypot(max(cy, canvas.height - cy), max(cx, canvas.width - cx)))
    peak = rng.uniform(0.5, 1.0) * HIGHEST_FREQUENCY
    # The frequency, (1/2π) d(phase)/d(radius), grows linearly to `peak` at the farthest corner.
    return np.asarray(np.cos(np.float32(np.pi * peak / farthest) * radius2), np.float32)


def _chirp(canvas: Canvas, rng: np.random.Generator) -> Image:
    along, _ = rotated(canvas, rng.uniform(0, np.pi))
    along = along - along.min()
    peak = rng.uniform(0.6, 1.0) * HIGHEST_FREQUENCY
    return np.asarray(np.cos(np.float32(np.pi * peak / along.max()) * along**2), np.float32)


def _gratings(canvas: Canvas, rng: np.random.Generator) -> Image:
    """A grid of panels, each with its own direction and frequency."""
    y, x = canvas.grid()
    rows, columns = rng.integers(2, 5, 2)
    row = np.minimum((y * rows / canvas.height).astype(np.int64), rows - 1)
    column = np.minimum((x * columns / canvas.width).astype(np.int64), columns - 1)
    panel = row * columns + column
    angle = rng.uniform(0, np.pi, rows * columns)
    angle[rng.random(rows * columns) < 0.4] = np.pi / 2 * rng.integers(2)
    frequency = HIGHEST_FREQUENCY * rng.uniform(0.1, 1.0, rows * columns) * 2 * np.pi
    fy, fx = ((frequency * trig(angle)).astype(np.float32) for trig in (np.sin, np.cos))
    return np.asarray(np.cos(np.take(fy, panel) * y + np.take(fx, panel) * x), np.float32)


def _star(canvas: Canvas, rng: np.random.Generator) -> Image:
    """Spokes that narrow towards the centre, grey where they would pass the highest frequency."""
    y, x = canvas.grid()
    cy, cx = (0.3 + 0.4 * rng.random(2)) * [canvas.height, canvas.width]
    dy, dx = y - np.float32(cy), x - np.float32(cx)
    spokes = int(rng.integers(12, 60))
    frequency = spokes / (2 * np.pi * np.maximum(np.hypot(dy, dx), 1e-3))
    fade = np.clip((HIGHEST_FREQUENCY - frequency) / 0.1, 0.0, 1.0)
    return np.asarray(fade * np.cos(spokes * np.arctan2(dy, dx)), np.float32)
