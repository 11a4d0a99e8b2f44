"""Dead leaves: opaque shapes of every size covering one another, the statistics of edges in photographs.

Lee, Mumford & Huang 2001, "Occlusion models for natural images".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_cli.samples.canvas import Canvas, Image
from rcl_cli.samples.colors import palette, variations
from rcl_cli.samples.shapes import Points, leaves, paint, power_law_radii, scattered
from rcl_cli.samples.surface import drawn, lit

_MOST_LEAVES_PER_PIXEL = 0.03


def dead_leaves(canvas: Canvas, rng: np.random.Generator) -> Image:
    """(rows, columns, 3) linear light of shaded and textured leaves, the smallest 1.2 to 8 pixels in radius."""
    largest = canvas.short_side * rng.uniform(0.2, 0.5)
    smallest = min(float(np.exp(rng.uniform(np.log(1.2), np.log(8.0)))), largest / 2)
    covered = 3.0 * canvas.height * canvas.width
    mean_area = 2 * np.pi * smallest**2 * np.log(largest / smallest)
    count = int(min(covered / mean_area, _MOST_LEAVES_PER_PIXEL * canvas.height * canvas.width)) + 8
    radii = power_law_radii(count, smallest, largest, rng)
    centers = scattered(canvas, count, rng)
    labels = paint(canvas, leaves(radii, rng), centers)
    color = _materials(canvas, centers, rng)
    background = np.array([[canvas.width / 2, canvas.height / 2]])
    surfaces = drawn(color, np.vstack([background, centers]), np.append(canvas.short_side, radii), rng)
    return lit(canvas, labels, surfaces, rng)


def _materials(canvas: Canvas, centers: Points, rng: np.random.Generator) -> NDArray[np.float32]:
    """(count + 1, 3) colours of the background and of leaves at `centers` (count, 2).

    Neighbours are mostly of one material: in photographs hue changes over larger distances than brightness.
    """
    count = int(rng.integers(3, 10))
    bases = palette(count, rng, contrast=rng.uniform(0.6, 1.2), chroma=rng.uniform(0.5, 1.3))
    sites = scattered(canvas, count, rng)
    nearest = ((centers[:, None] - sites) ** 2).sum(axis=-1).argmin(axis=1)
    strayed = rng.random(len(centers)) < rng.uniform(0.05, 0.4)
    material = np.append(rng.integers(count), np.where(strayed, rng.integers(count, size=len(centers)), nearest))
    return variations(bases[material], len(material), rng, rng.uniform(0.3, 0.9))
