"""Figure 2 of the paper for one run, and residuals as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.srgb import srgb_encode
from rcl_cli.report.kit import html
from rcl_cli.report.kit.chart import Band, Line, Mark, chart
from rcl_cli.report.kit.images import Rgb, figure

if TYPE_CHECKING:
    from rcl_cli.report.residuals import Portrait, Residuals

_BINS = 60
_SHOWN = (0.5, 99.5)
"""Percentiles between which a density is shown."""
_WHITE = 99.5
_SIGMAS = 3.0
"""A residual of so many standard deviations is black or white."""
_LEAST_SIDE = 320
"""Small pictures are enlarged by whole pixels."""


def residual_section(found: Residuals) -> str:
    """Densities and pictures."""
    words = (
        "Of two crops the residuals are compared by the earth mover's distance (EMD). Those of one picture should be "
        "nearer to each other than those of different pictures: their noise is of one kind."
    )
    before, after = found.untrained.differences, found.trained.differences
    share = f"{100 * float((after > 0).mean()):.0f} % of the negative pairs are further apart than the positive pair"
    charts = [
        densities(
            {"before training": before, "after": after},
            "EMD of negative less positive pair, 1/255",
            f"As Figure 2 of the paper; after training {share}.",
        ),
        densities(
            {"same picture": found.trained.positive, "another picture": found.trained.negative},
            "EMD, 1/255",
            "After training: positive pairs and negative pairs.",
        ),
    ]
    pictures = [one for portrait in found.portraits for one in _figures(portrait)]
    return html.section("Residuals", html.paragraph(words), html.grid(charts), html.grid(pictures, "thirds"))


def densities(samples: dict[str, NDArray[np.float64]], x_label: str, caption: str) -> str:
    """Each sample's density in the same bins, over its peak, so that a narrow one does not flatten the others."""
    values = [sample[np.isfinite(sample)] for sample in samples.values()]
    if not all(value.size for value in values):
        return ""
    ends = np.concatenate([np.percentile(value, _SHOWN) for value in values])
    low, high = float(ends.min()), float(ends.max())
    if not high > low:
        return ""
    marks: list[Mark] = []
    for color, (name, value) in enumerate(zip(samples, values, strict=True)):
        counts, edges = np.histogram(value, _BINS, (low, high))
        x, y = _steps(edges, counts / max(1, counts.max()))
        marks += [Band(x, [0.0] * len(x), y, color), Line(x, y, name, color)]
    return chart(marks, x_label, "density, of its peak", caption)


def _steps(edges: NDArray[np.float64], heights: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    x = np.repeat(edges, 2)[1:-1]
    return x.tolist(), np.repeat(heights, 2).tolist()


def _figures(portrait: Portrait) -> Sequence[str]:
    strength = float(portrait.trained.std()) * 255
    return [
        figure(_enlarged(_picture(portrait.x, portrait.domain.channels)), f"{portrait.name}, a part."),
        figure(_enlarged(_grey(portrait.untrained)), "Its residual before training, made visible."),
        figure(_enlarged(_grey(portrait.trained)), f"After; its standard deviation is {strength:.3g}/255."),
    ]


def _picture(x: NDArray[np.float32], channels: int) -> Rgb:
    """Planes (C, h, w) in colours, brightened; those of X-Trans in grey."""
    groups = {3: ([0], [1], [2]), 4: ([0], [1, 2], [3])}.get(channels, (range(channels),) * 3)
    rgb = np.stack([x[list(group)].mean(axis=0) for group in groups], axis=-1)
    white = np.maximum(np.percentile(rgb, _WHITE, axis=(0, 1)), 1e-6)
    return np.rint(255 * srgb_encode(rgb / white)).astype(np.uint8)


def _grey(residual: NDArray[np.float32]) -> Rgb:
    """The mean over the planes would hide their noise: the second plane, green in each layout but X-Trans."""
    plane = residual[min(1, len(residual) - 1)]
    scale = _SIGMAS * float(plane.std()) or 1.0
    grey = np.clip(np.rint(127.5 + 127.5 * (plane - plane.mean()) / scale), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def _enlarged(picture: Rgb) -> Rgb:
    times = -(-_LEAST_SIDE // max(picture.shape[:2]))
    return np.asarray(cv2.resize(picture, None, fx=times, fy=times, interpolation=cv2.INTER_NEAREST), np.uint8)
