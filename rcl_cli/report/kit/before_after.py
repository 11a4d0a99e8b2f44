"""One picture before and after: the whole behind a slider, what changed most at full size, and what was taken away."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from rcl_cli.errors import RclError
from rcl_cli.report.kit import html
from rcl_cli.report.kit.crops import most_changed
from rcl_cli.report.kit.images import Rgb, compare, figure
from rcl_cli.report.kit.shown import Shown

SIDE = 240
"""Of the parts at full size, in pixels."""
PARTS = 4
_LOOKED_AT = 2400
"""Longest side of the picture in which changes are looked for."""
_WHOLE = 1280
_GREY = 128
_CROPPED = 0.01
"""Share of its sides that a raw developer may have cut off."""
_GAINS = (1, 2, 4, 8, 16, 32)


def before_after(name: str, first: Shown, second: Shown, about: Mapping[str, str], parts: int = PARTS) -> str:
    """The HTML of one picture; `about`: its figures, by their names.

    A result may be some times as large as what it came from. Raises RclError where it has another shape.
    """
    second = second.colored_like(first)
    head = html.heading(name) + html.facts(about)
    if not _same_shape(first.size, second.size):
        (height, width), (tall, wide) = first.size, second.size
        raise RclError(
            f"has {wide}×{tall} pixels, and {name} {width}×{height}, so they cannot be laid over each other;"
            " give a picture and what was made of it"
        )
    smalls = [one.small(_LOOKED_AT) for one in (first, second)]
    looked_at = min(smalls, key=lambda picture: picture.size).shape[:2]
    was, now = (_sized(picture, looked_at) for picture in smalls)
    ratio = second.size[0] / looked_at[0]
    corners = most_changed(was, now, max(1, round(SIDE / ratio)), parts)
    figures = [one for top, left in corners for one in _part(first, second, round(top * ratio), round(left * ratio))]
    shrink = min(1.0, _WHOLE / max(looked_at))
    shown = round(looked_at[0] * shrink), round(looked_at[1] * shrink)
    caption = "The whole picture. Drag across it to move the border."
    whole = compare(_sized(was, shown), _sized(now, shown), ("before", "after"), caption, whole=True)
    return head + whole + html.grid(figures, "quarters")


def _part(first: Shown, second: Shown, top: int, left: int) -> list[str]:
    height, width = second.size
    side = min(SIDE, height, width)
    top, left = min(top, height - side), min(left, width - side)
    after = second.part(top, left, side, side)
    if first.size == second.size:
        before = first.part(top, left, side, side)
    else:
        before = _enlarged_part(first, top, left, side, height / first.size[0])
    taken, gain = residual(before, after)
    words = f"At column {left}, row {top}, pixel for pixel."
    said = f"What changed, {gain} times as strong; grey where nothing did." if gain > 1 else "What changed."
    return [compare(before, after, ("before", "after"), words), figure(taken, said)]


def _enlarged_part(shown: Shown, top: int, left: int, side: int, scale: float) -> Rgb:
    height, width = shown.size
    y, x = int(top / scale), int(left / scale)
    bottom, right = min(height, int(np.ceil((top + side) / scale))), min(width, int(np.ceil((left + side) / scale)))
    part = shown.part(y, x, bottom - y, right - x)
    large = _sized(part, (round((bottom - y) * scale), round((right - x) * scale)))
    dy, dx = top - round(y * scale), left - round(x * scale)
    return _sized(large[dy : dy + side, dx : dx + side], (side, side))


def residual(before: Rgb, after: Rgb) -> tuple[Rgb, int]:
    """Before less after around grey, so many times as strong that it can be seen and hardly anything is cut off."""
    difference = before.astype(np.float32) - after.astype(np.float32)
    strong = float(np.percentile(np.abs(difference), 99))
    gain = max((gain for gain in _GAINS if gain * strong <= _GREY), default=1) if strong else 1
    return np.clip(np.rint(_GREY + gain * difference), 0, 255).astype(np.uint8), gain


def _same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the other is the one as it is or some whole times as large, but for what rounding and cropping take."""
    ratio = max(other[0] / one[0], other[1] / one[1])
    slack, scale = 2 * max(ratio, 1 / ratio), max(1, round(ratio))
    return all(
        abs(a * ratio - b) <= slack and abs(a * scale - b) <= max(slack, _CROPPED * b)
        for a, b in zip(one, other, strict=True)
    )


def _sized(picture: Rgb, size: tuple[int, int]) -> Rgb:
    height, width = max(1, size[0]), max(1, size[1])
    if picture.shape[:2] == (height, width):
        return picture
    smaller = height < picture.shape[0]
    resized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return resized.astype(np.uint8)
