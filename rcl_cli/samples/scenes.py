"""Procedural scenes for samples and training: noise-free, alias-free linear RGB with the statistics of photographs."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.samples.canvas import OVERSAMPLING, Canvas, Image
from rcl_cli.samples.dead_leaves import dead_leaves
from rcl_cli.samples.facade import facade
from rcl_cli.samples.gradients import gradients
from rcl_cli.samples.mixed import mixed
from rcl_cli.samples.text import text
from rcl_cli.samples.textures import cloth, foliage, rough, strands
from rcl_cli.samples.zone_plate import zone_plate

_Painter = Callable[[Canvas, np.random.Generator], Image]

# Each kind with its share when the kind is drawn.
_PAINTERS: dict[str, tuple[_Painter, float]] = {
    "leaves": (dead_leaves, 0.20),
    "mixed": (mixed, 0.28),
    "facade": (facade, 0.10),
    "strands": (strands, 0.08),
    "foliage": (foliage, 0.08),
    "cloth": (cloth, 0.05),
    "rough": (rough, 0.05),
    "text": (text, 0.06),
    "zoneplate": (zone_plate, 0.05),
    "gradients": (gradients, 0.05),
}

KINDS = tuple(_PAINTERS)
"""Names of the kinds of scene."""

_LENS_BLUR = (0.1, 0.6)
"""Standard deviation of the lens's blur, in pixels: from a very sharp to an ordinary photograph."""


_LONGEST_SIDE = 768
"""A larger scene is a wall of pictures no longer than this, so that memory stays small."""


def scene(height: int, width: int, rng: np.random.Generator, kind: str | None = None) -> Image:
    """(height, width, 3) float32 linear RGB (sRGB primaries) in [0, 1], of one of KINDS or (None) of a kind drawn.

    The same state of `rng` gives the same scene. A scene of more than 768 pixels a side is a wall of several.
    Raises ValueError for an unknown kind or an empty size.
    """
    rows, columns = _panels(height), _panels(width)
    if len(rows) == len(columns) == 1:
        return render(Canvas(height, width, OVERSAMPLING), rng, kind)
    wall = np.vstack([np.hstack([render(Canvas(h, w, OVERSAMPLING), rng, kind) for w in columns]) for h in rows])
    return _without_seams(wall, np.cumsum(rows)[:-1], np.cumsum(columns)[:-1])


def render(canvas: Canvas, rng: np.random.Generator, kind: str | None = None) -> Image:
    """`scene` on a canvas of any oversampling: a finer one paints the same scene with less aliasing."""
    if canvas.height < 1 or canvas.width < 1:
        raise ValueError("a scene needs at least one row and one column")
    if kind is None:
        kind = str(rng.choice(KINDS, p=[share for _, share in _PAINTERS.values()]))
    if kind not in _PAINTERS:
        raise ValueError(f"no kind of scene is called {kind!r}; there are {', '.join(KINDS)}")
    blur = rng.uniform(*_LENS_BLUR)
    return canvas.expose(_PAINTERS[kind][0](canvas, rng), blur)


def _panels(length: int) -> list[int]:
    """`length` pixels in near-equal parts, none above the longest side."""
    count = max(1, -(-length // _LONGEST_SIDE))
    return [length * (i + 1) // count - length * i // count for i in range(count)]


def _without_seams(wall: Image, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Image:
    """The wall (H, W, 3), blurred as by the lens around its seams, which no lens could draw as sharp."""
    blurred = cv2.GaussianBlur(wall, (0, 0), sum(_LENS_BLUR) / 2)
    for seam in rows:
        wall[seam - 2 : seam + 2] = blurred[seam - 2 : seam + 2]
    for seam in columns:
        wall[:, seam - 2 : seam + 2] = blurred[:, seam - 2 : seam + 2]
    return wall
