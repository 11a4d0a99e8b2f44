"""A decoded file as it is displayed, of which any part can be had at full size without developing the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.develop import develop, interpolate, preview, square_size
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.orientation import upright
from rcl_cli.raw.picture import Picture
from rcl_cli.report.kit.images import Rgb

_MARGIN = 8
"""Pixels around a part that interpolation looks at."""


@dataclass(frozen=True)
class Shown:
    """A picture on the screen: cropped as its file asks, upright, white balanced, sRGB."""

    picture: Picture

    @classmethod
    def of(cls, frame: Frame) -> Shown:
        """A mosaic is shown by linear interpolation."""
        return cls(Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa))

    def colored_like(self, other: Shown) -> Shown:
        """With the other's white balance and matrix, where both are of a camera's colours.

        What a raw and its result say of these may differ in form, and so in how they are rounded and read; a difference
        on the screen is to be one of pixels.
        """
        if not (self.picture.camera_rgb and other.picture.camera_rgb):
            return self
        told = other.picture.metadata
        colors = {name: getattr(told, name) for name in ("white_balance", "xyz_to_camera", "camera_to_xyz")}
        return replace(self, picture=replace(self.picture, metadata=replace(self.picture.metadata, **colors)))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels of the screen at full size."""
        top, left, bottom, right = self._area
        flat = np.broadcast_to(np.float32(0), (bottom - top, right - left, 3))
        height, width = square_size(flat, self.picture.metadata)
        return (width, height) if self.picture.metadata.orientation >= 5 else (height, width)

    def small(self, longest: int) -> Rgb:
        """The whole, at most `longest` pixels a side; fast."""
        return preview(self.picture, longest)

    def part(self, top: int, left: int, height: int, width: int) -> Rgb:
        """Rows from `top` and columns from `left` at full size, (height, width, 3); they lie inside `size`."""
        whole = self.size
        box = _stored_box(whole, self.picture.metadata.orientation, (top, left, top + height, left + width))
        y0, x0, y1, x1 = self._area
        stored = (whole[1], whole[0]) if self.picture.metadata.orientation >= 5 else whole
        y, x = (y1 - y0) / stored[0], (x1 - x0) / stored[1]  # differ from 1 where pixels are not square
        rows = slice(y0 + round(box[0] * y), y0 + max(round(box[2] * y), round(box[0] * y) + 1))
        columns = slice(x0 + round(box[1] * x), x0 + max(round(box[3] * x), round(box[1] * x) + 1))
        srgb = develop(self._cut(rows, columns))
        if srgb.shape[:2] != (height, width):
            srgb = np.clip(cv2.resize(srgb, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1).astype(np.float32)
        return np.rint(srgb * 255).astype(np.uint8)

    def _cut(self, rows: slice, columns: slice) -> Picture:
        picture = self.picture
        pixels = picture.pixels[rows, columns]
        if picture.cfa is not None:
            top, left = max(0, rows.start - _MARGIN), max(0, columns.start - _MARGIN)
            around = picture.pixels[top : rows.stop + _MARGIN, left : columns.stop + _MARGIN]
            rgb = interpolate(np.ascontiguousarray(around), picture.cfa.shifted(top, left))
            pixels = rgb[rows.start - top :, columns.start - left :][: pixels.shape[0], : pixels.shape[1]]
        metadata = replace(picture.metadata, default_crop=None)
        return replace(picture, pixels=np.ascontiguousarray(pixels), cfa=None, metadata=metadata)

    @property
    def _area(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of what the file wants shown, in its own pixels."""
        (height, width), crop, scale = (
            self.picture.pixels.shape[:2],
            self.picture.metadata.default_crop,
            self.picture.scale,
        )
        if crop is None:
            return 0, 0, height, width
        top, left = max(0, round(scale * crop[0])), max(0, round(scale * crop[1]))
        bottom, right = min(height, round(scale * (crop[0] + crop[2]))), min(width, round(scale * (crop[1] + crop[3])))
        return (top, left, bottom, right) if bottom > top and right > left else (0, 0, height, width)


def _stored_box(size: tuple[int, int], orientation: int, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Where the displayed `box` (top, left, bottom, right) of a displayed `size` lies in the pixels as stored."""
    height, width = (size[1], size[0]) if orientation >= 5 else size
    # Views of broadcast indices: nothing of the picture's size is made.
    rows: NDArray[Any] = upright(np.broadcast_to(np.arange(height)[:, None], (height, width)), orientation)
    columns: NDArray[Any] = upright(np.broadcast_to(np.arange(width), (height, width)), orientation)
    top, left, bottom, right = box
    ends = [(rows[at], columns[at]) for at in ((top, left), (bottom - 1, right - 1))]
    ys, xs = zip(*ends, strict=True)
    return int(min(ys)), int(min(xs)), int(max(ys)) + 1, int(max(xs)) + 1
