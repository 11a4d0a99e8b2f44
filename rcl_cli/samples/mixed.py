"""Whole pictures: areas of different kinds behind one another, some out of focus, across soft shadows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rcl_cli.samples.canvas import Canvas, Image
from rcl_cli.samples.dead_leaves import dead_leaves
from rcl_cli.samples.facade import facade
from rcl_cli.samples.fields import power_law
from rcl_cli.samples.gradients import defocused, gradients
from rcl_cli.samples.shapes import leaves, paint, scattered
from rcl_cli.samples.text import text
from rcl_cli.samples.textures import cloth, foliage, rough, strands

_BACKGROUNDS = (defocused, gradients, dead_leaves, rough, facade)
_OBJECTS: tuple[Callable[[Canvas, np.random.Generator], Image], ...] = (
    dead_leaves,
    facade,
    strands,
    foliage,
    cloth,
    rough,
    text,
)


def mixed(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of a background and one or two kinds of object before it."""
    image = _BACKGROUNDS[rng.integers(len(_BACKGROUNDS))](canvas, rng)
    for _ in range(int(rng.integers(1, 3))):
        kind = _OBJECTS[rng.integers(len(_OBJECTS))]
        count = int(rng.integers(1, 5))
        radii = canvas.short_side * rng.uniform(0.15, 0.45, count)
        inside = paint(canvas, leaves(radii, rng), scattered(canvas, count, rng)) > 0
        np.copyto(image, kind(canvas, rng), where=inside[..., None])
    if rng.random() < 0.5:
        shadow = 0.5 + 0.5 * np.tanh(2.0 * power_law(canvas, rng, 2.2))
        image *= 1.0 - np.float32(rng.uniform(0.3, 0.8)) * shadow[..., None]
    return image
