"""Fine texture: fur and grass, foliage, cloth, and rough surfaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_cli.samples.canvas import Canvas, Image
from rcl_cli.samples.colors import palette, variations
from rcl_cli.samples.fields import power_law, weave
from rcl_cli.samples.shapes import Points, blades, paint, power_law_radii, scattered, turned
from rcl_cli.samples.surface import drawn, lit

_MOST_BLADES_PER_PIXEL = 0.04


def strands(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of hair or grass: thin blades 0.8 to 3 pixels wide that follow a slow flow."""
    width = float(np.exp(rng.uniform(np.log(0.8), np.log(3.0))))
    length = width * rng.uniform(8.0, 25.0)
    return _strewn(canvas, rng, width, length, disorder=rng.uniform(0.05, 0.35), spread=rng.uniform(0.15, 0.5))


def foliage(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of small pointed leaves in every direction, 2 to 8 pixels wide."""
    width = float(np.exp(rng.uniform(np.log(2.0), np.log(8.0))))
    return _strewn(canvas, rng, width, width * rng.uniform(2.0, 4.0), disorder=1.5, spread=rng.uniform(0.3, 0.7))


def cloth(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of a fabric woven of two colours under a soft fold of light."""
    shading, top = weave(canvas, rng)
    warp = palette(1, rng)[0]
    weft = palette(1, rng)[0] if rng.random() < 0.5 else variations(warp, 1, rng, 0.3)[0]
    fold = np.exp(np.float32(rng.uniform(0.1, 0.5)) * power_law(canvas, rng, 2.5))
    depth = np.float32(rng.uniform(0.3, 0.9))
    gain = fold * (1.0 - depth + depth * shading)
    return np.asarray((weft + top[..., None] * (warp - weft)) * gain[..., None], np.float32)


def rough(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of a surface with power-law relief (stone, plaster, bark)."""
    relief = power_law(canvas, rng, rng.uniform(0.6, 1.5))
    stain = power_law(canvas, rng, rng.uniform(1.2, 2.2))
    if rng.random() < 0.5:
        relief = np.abs(relief) - np.float32(0.8)
    base = palette(1, rng)[0]
    other = palette(1, rng)[0] if rng.random() < 0.4 else variations(base, 1, rng, 0.4)[0]
    mixture = 0.5 + 0.5 * np.tanh(np.float32(rng.uniform(0.5, 2.0)) * stain)
    gain = np.exp(np.float32(rng.uniform(0.1, 0.4)) * np.clip(relief, -3.0, 3.0))
    return np.asarray((base + mixture[..., None] * (other - base)) * gain[..., None], np.float32)


def _strewn(
    canvas: Canvas, rng: np.random.Generator, width: float, length: float, *, disorder: float, spread: float
) -> Image:
    area = canvas.height * canvas.width
    count = int(min(2.5 * area / (width * length), _MOST_BLADES_PER_PIXEL * area)) + 1
    sizes = power_law_radii(count, 0.7, 2.0, rng)
    roots = scattered(canvas, count, rng, margin=0.1)
    flow = np.pi * rng.random() + rng.normal(0.0, disorder, count) + _slow_turn(roots, canvas, rng)
    outlines = blades(length * sizes, width * sizes, rng.normal(0.0, 0.15, count))
    labels = paint(canvas, turned(outlines, flow), roots)
    bases = palette(3, rng, contrast=0.4, chroma=rng.uniform(0.6, 1.4))
    choice = rng.choice(3, count + 1, p=[0.7, 0.22, 0.08])
    color = np.concatenate([variations(base, count + 1, rng, spread)[None] for base in bases])
    color = color[choice, np.arange(count + 1)]
    color[0] *= 0.4  # the ground lies in their shade
    middle = np.vstack([[canvas.width / 2, canvas.height / 2], roots])
    surfaces = drawn(color, middle, np.append(canvas.short_side, 2 * length * sizes), rng)
    return lit(canvas, labels, surfaces, rng)


def _slow_turn(places: Points, canvas: Canvas, rng: np.random.Generator) -> NDArray[np.float64]:
    """Angles (count,) that change smoothly over places (count, 2)."""
    phase = rng.uniform(0, 2 * np.pi, 2)
    x, y = (places / canvas.short_side).T
    return np.asarray(0.5 * np.sin(2 * np.pi * x + phase[0]) + 0.5 * np.sin(2 * np.pi * y + phase[1]))
