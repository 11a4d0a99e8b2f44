"""The whole numbers of a DNG: its levels, and results as values between them.

What lies below black is noise around it, and counts: cut off, it would lift shadows and tint them. A mosaic has room
for it below its black level. Linear RGB has none: darktable takes 0 for black there whatever the file says, and
RawTherapee and LibRaw read a black level of three planes each in its own way. So what is missing below black is taken
from neighbours, and local means stay.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.disk.scratch import let_go
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.levels import Planes
from rcl_cli.raw.picture import Picture

Float = NDArray[np.float32]
Rows = Callable[[int, int, Executor], NDArray[np.uint16]]
"""Rows of a picture, from the first to before the last: (h, W) or (h, W, 3); threads may be used for them."""

LEAST_BLACK = 4096.0
"""DN. The black level of mosaics whose source has none, so that noise below black survives."""
_SPANS = (3, 5, 9, 17, 33, 33, 65, 65, 129)
"""Pixels over which a debt is spread, one after the other."""
_NO_DEBT = 1e-6
"""Of white, a fifteenth of a step of 16 bits."""
_REACH = sum(span // 2 for span in _SPANS)
"""Pixels around a debt that can pay."""
_STRIP = 256
_LEAST_OF_PEAK = 0.75
"""Of the source's brightest value; LibRaw's automatic maximum has the same bound."""


def stored_levels(picture: Picture) -> tuple[Planes, float]:
    """Black levels (R, Gr, Gb, B) and white level of the result's file, DN.

    A mosaic's are those of the source, multiplied as far as 16 bits go, so that a clean result is not cut into the
    source's steps.
    """
    if picture.cfa is None:
        return (0.0,) * 4, 65535.0
    # Of the 36 levels of a pattern of X-Trans, darktable reads four.
    uneven = picture.cfa.period == 6 and len(set(picture.black_level)) > 1
    if uneven or min(picture.black_level) <= 0 or picture.white_level > 65535:
        return (LEAST_BLACK,) * 4, 65535.0
    factor = 65535 // int(np.ceil(picture.white_level))
    r, gr, gb, b = (float(round(level * factor)) for level in picture.black_level)
    return (r, gr, gb, b), float(round(picture.white_level * factor))


def stored_rows(picture: Picture, black: Planes, white: float) -> Rows:
    """The result in DN, (H, W) or (H, W, 3), as many rows at a time as one asks for.

    Of a mosaic they start at a multiple of its period.
    """
    if picture.cfa is None:
        return _rgb_rows(picture.pixels, picture.peak, np.float32(white))
    return _mosaic_rows(picture, picture.cfa, black, np.float32(white))


def _rgb_rows(pixels: Float, peak: float | None, white: np.float32) -> Rows:
    brightest = _Brightest.of(pixels, peak)

    def rows(start: int, stop: int, threads: Executor) -> NDArray[np.uint16]:
        first, last = max(start - _REACH, 0), min(stop + _REACH, len(pixels))
        inside = slice(start - first, stop - first)

        def color(channel: int) -> NDArray[np.uint16]:
            plane = np.asarray(cv2.extractChannel(pixels[first:last], channel), np.float32)
            plane = brightest.set(plane, first, channel)
            return _rounded(_raised(plane)[inside] * white).astype(np.uint16)

        planes = list(threads.map(color, range(pixels.shape[2])))
        let_go(pixels)
        return np.asarray(cv2.merge(planes), np.uint16)

    return rows


def _mosaic_rows(picture: Picture, cfa: CFA, black: Planes, white: np.float32) -> Rows:
    pixels = picture.pixels if picture.peak is None else with_peak(picture.pixels, picture.peak)

    def rows(start: int, stop: int, threads: Executor) -> NDArray[np.uint16]:
        strip = pixels[start:stop]
        levels = np.asarray(black, np.float32)[cfa.planes(*strip.shape)]
        return _rounded(strip * (white - levels) + levels).astype(np.uint16)

    return rows


@dataclass(frozen=True)
class _Brightest:
    """What `with_peak` does, for one colour at a time."""

    most: float | None = None
    """Values are cut to it."""
    place: tuple[int, ...] = ()
    """Row, column and colour of the one that becomes `peak`."""
    peak: float = 0.0

    @classmethod
    def of(cls, pixels: Float, peak: float | None) -> _Brightest:
        if peak is None:
            return cls()
        strips = range(0, len(pixels), _STRIP)
        tops = [_top(pixels[start : start + _STRIP]) for start in strips]
        top, row = max(tops), strips[tops.index(max(tops))]
        if top < _LEAST_OF_PEAK * peak or top == peak:
            return cls()
        if top > peak:
            return cls(most=peak)
        strip = pixels[row : row + _STRIP]
        y, x, color = (int(i) for i in np.unravel_index(strip.argmax(), strip.shape))
        return cls(None, (row + y, x, color), peak)

    def set(self, plane: Float, first: int, color: int) -> Float:
        """Rows of a colour, from the `first` on, (h, W), changed in place."""
        if self.most is not None:
            np.minimum(plane, np.float32(self.most), out=plane)
        if self.place and self.place[2] == color and first <= self.place[0] < first + len(plane):
            plane[self.place[0] - first, self.place[1]] = self.peak
        return plane


def _top(strip: Float) -> float:
    top = float(strip.max())
    let_go(strip)
    return top


def _rounded(dn: Float) -> Float:
    """In place."""
    return np.clip(np.rint(dn, out=dn), 0, 65535, out=dn)


def raised_to_black(rgb: Float) -> Float:
    """(H, W, 3) without values below 0 and with the same local means, as far as these are not below 0 themselves.

    >>> noise = np.random.default_rng(0).normal(0.02, 0.03, (64, 64, 3)).astype(np.float32)
    >>> [round(float(values.mean()), 3) for values in (noise, raised_to_black(noise), np.maximum(noise, 0))]
    [0.02, 0.02, 0.025]
    """
    if rgb.min() >= 0:
        return rgb
    return np.stack([_raised(rgb[..., color]) for color in range(rgb.shape[2])], axis=-1)


def with_peak(pixels: Float, peak: float) -> Float:
    """`pixels` with `peak`, the source's brightest value, as the brightest.

    LibRaw by default scales a picture by its brightest value where that is near white. So a result must not
    overshoot the source, and the brightest value that denoising took away comes back, in one pixel.
    """
    top = float(pixels.max())
    if top > peak:
        return np.minimum(pixels, np.float32(peak))
    if _LEAST_OF_PEAK * peak <= top < peak:
        pixels = pixels.copy()
        pixels.flat[int(pixels.argmax())] = peak
    return pixels


def _raised(values: Float) -> Float:
    raised = np.maximum(values, 0, order="C")  # OpenCV writes into no other
    debt = np.subtract(raised, values, order="C")
    paid = np.empty_like(debt)
    for span in _SPANS:
        if debt.max(initial=0) < _NO_DEBT:
            break
        cv2.blur(debt, (span, span), dst=debt, borderType=cv2.BORDER_REFLECT)
        cv2.min(raised, debt, dst=paid)
        cv2.subtract(raised, paid, dst=raised)
        cv2.subtract(debt, paid, dst=debt)
    return raised
