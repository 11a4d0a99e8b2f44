"""Procedural scenes for samples and training: noise-free, alias-free linear RGB with the statistics of photographs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rcl_cli.samples.canvas import OVERSAMPLING, Canvas, Image
from rcl_cli.samples.dead_leaves import dead_leaves
from rcl_cli.samples.gradients import gradients
from rcl_cli.samples.mixed import mixed
from rcl_cli.samples.text import text
from rcl_cli.samples.textures import cloth, foliage, rough, strands
from rcl_cli.samples.zone_plate import zone_plate

_Painter = Callable[[Canvas, np.random.Generator], Image]

# Each kind with its share when the kind is drawn.
_PAINTERS: dict[str, tuple[_Painter, float]] = {
    "leaves": (dead_leaves, 0.24),
    "mixed": (mixed, 0.30),
    "strands": (strands, 0.08),
    "foliage": (foliage, 0.08),
    "cloth": (cloth, 0.06),
    "rough": (rough, 0.06),
    "text": (text, 0.07),
    "zoneplate": (zone_plate, 0.06),
    "gradients": (gradients, 0.05),
}

KINDS = tuple(_PAINTERS)
"""Names of the kinds of scene."""

_LENS_BLUR = (0.45, 0.75)
"""Standard deviation of the lens's blur, in pixels: from a very sharp to an ordinary photograph."""


def scene(height: int, width: int, rng: np.random.Generator, kind: str | None = None) -> Image:
    """(height, width, 3) float32 linear RGB (sRGB primaries) in [0, 1], of one of KINDS or (None) of a kind drawn.

    The same state of `rng` gives the same scene. Raises ValueError for an unknown kind or an empty size.
    """
    return render(Canvas(height, width, OVERSAMPLING), rng, kind)


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
