"""Outlines of many shapes at once, and painting them, later over earlier, into a map of labels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.samples.canvas import Canvas

Points = NDArray[np.float64]
Labels = NDArray[np.int32]

_CORNERS = 48
_FRACTION_BITS = 4


def power_law_radii(count: int, smallest: float, largest: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """(count,) radii with density ∝ r⁻³ in [smallest, largest]: then every scale covers the same area."""
    a, b = smallest**-2.0, largest**-2.0
    return np.asarray((a + rng.random(count) * (b - a)) ** -0.5)


def leaves(radii: NDArray[np.float64], rng: np.random.Generator) -> Points:
    """(count, K, 2) outlines (x, y) around the origin: discs, ellipses, boxes, triangles, hexagons and lobed blobs."""
    count = len(radii)
    theta = np.linspace(0.0, 2 * np.pi, _CORNERS, endpoint=False)
    corners = rng.choice([0, 0, 3, 4, 4, 6], count)
    reach = np.ones((count, _CORNERS))
    for m in (3, 4, 6):
        within = theta % (2 * np.pi / m) - np.pi / m
        reach[corners == m] = np.cos(np.pi / m) / np.cos(within)
    lobed = (corners == 0) & (rng.random(count) < 0.4)
    for order in (2, 3, 5):
        phase = rng.uniform(0, 2 * np.pi, (count, 1))
        size = lobed[:, None] * rng.uniform(0.0, 0.6 / order, (count, 1))
        reach *= 1.0 + size * np.cos(order * theta + phase)
    aspect = np.exp(rng.uniform(0.0, 1.2, count) * (rng.random(count) < 0.7))
    x = reach * np.cos(theta) * (radii * np.sqrt(aspect))[:, None]
    y = reach * np.sin(theta) * (radii / np.sqrt(aspect))[:, None]
    return turned(np.stack([x, y], axis=-1), rng.uniform(0, np.pi, count))


def blades(lengths: NDArray[np.float64], widths: NDArray[np.float64], bends: NDArray[np.float64]) -> Points:
    """(count, K, 2) outlines of tapered, bent blades (hair, grass, narrow leaves) along x from the origin."""
    t = np.linspace(0.0, 1.0, 9)
    half = widths[:, None] / 2 * np.sqrt(4 * t * (1 - t) * (1.2 - t))
    spine = bends[:, None] * lengths[:, None] * t**2
    x = lengths[:, None] * t
    upper, lower = np.stack([x, spine + half], axis=-1), np.stack([x, spine - half], axis=-1)
    return np.concatenate([upper, lower[:, -2:0:-1]], axis=1)


def turned(outlines: Points, angles: NDArray[np.float64]) -> Points:
    """Outlines (count, K, 2) turned by one angle each (radians)."""
    c, s = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x, y = outlines[..., 0], outlines[..., 1]
    return np.stack([c * x - s * y, s * x + c * y], axis=-1)


def scattered(canvas: Canvas, count: int, rng: np.random.Generator, margin: float = 0.05) -> Points:
    """(count, 2) places (x, y) in pixels, uniform on the canvas and a little beyond it."""
    return (rng.random((count, 2)) * (1 + 2 * margin) - margin) * [canvas.width, canvas.height]


def paint(canvas: Canvas, outlines: Points, centers: Points) -> Labels:
    """(rows, columns) number of the last outline over each sample; 0 where there is none, then 1, 2, …

    outlines: (count, K, 2) around the origin, centers: (count, 2), both in pixels.
    """
    labels = np.zeros(canvas.shape, np.int32)
    scale = canvas.oversampling * 2**_FRACTION_BITS
    # A sample's centre lies half a sample in, while OpenCV counts from the first centre.
    offset = 2 ** (_FRACTION_BITS - 1)
    # OpenCV fills every sample that the outline touches, half a sample too far.
    fitting = _shrunk(outlines, 0.5 / canvas.oversampling)
    points = np.rint((fitting + centers[:, None]) * scale - offset).astype(np.int32)
    for number, outline in enumerate(points, start=1):
        cv2.fillPoly(labels, [outline], number, shift=_FRACTION_BITS)
    return labels


def _shrunk(outlines: Points, distance: float) -> Points:
    """Outlines (count, K, 2) moved inwards by `distance`."""
    tangent = np.roll(outlines, -1, axis=1) - np.roll(outlines, 1, axis=1)
    x, y = outlines[..., 0], outlines[..., 1]
    area = (x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1)
    length = np.maximum(np.linalg.norm(tangent, axis=-1), 1e-9)
    inwards = np.stack([-tangent[..., 1], tangent[..., 0]], axis=-1) * np.sign(area)[:, None, None]
    return np.asarray(outlines + distance * inwards / length[..., None])
