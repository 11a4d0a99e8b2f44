"""The whole numbers of a DNG: its levels, and results as values between them.

What lies below black is noise around it, and counts: cut off, it would lift shadows and tint them. A mosaic has room
for it below its black level. Linear RGB has none: darktable takes 0 for black there whatever the file says, and
RawTherapee and LibRaw read a black level of three planes each in its own way. So what is missing below black is taken
from neighbours, and local means stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.levels import Planes
from rcl_cli.raw.picture import Picture

Float = NDArray[np.float32]

LEAST_BLACK = 4096.0
"""DN. The black level of mosaics whose source has none, so that noise below black survives."""
_SPANS = (3, 5, 9, 17, 33, 33, 65, 65, 129)
"""Pixels over which a debt is spread, one after the other."""
_NO_DEBT = 1e-6
"""Of white, a fifteenth of a step of 16 bits."""
_STRIP = 768
"""Rows worked on together; a multiple of the period of every pattern."""
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


def stored_pixels(picture: Picture, black: Planes, white: float) -> NDArray[np.uint16]:
    """The result in DN, (H, W) or (H, W, 3)."""
    pixels, whole = picture.pixels, np.empty(picture.pixels.shape, np.uint16)
    if picture.cfa is None:
        # One colour after the other, at a third of the memory.
        brightest = _Brightest.of(pixels, picture.peak)
        for color in range(pixels.shape[2]):
            raised = _raised(brightest.set(pixels[..., color].copy(), color))
            whole[..., color] = _rounded(raised * np.float32(white))
        return whole
    pixels = pixels if picture.peak is None else with_peak(pixels, picture.peak)
    for start in range(0, len(pixels), _STRIP):
        strip = pixels[start : start + _STRIP]
        levels = np.asarray(black, np.float32)[picture.cfa.planes(*strip.shape)]
        whole[start : start + _STRIP] = _rounded(strip * (np.float32(white) - levels) + levels)
    return whole


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
        top = float(pixels.max())
        if peak is None or top < _LEAST_OF_PEAK * peak or top == peak:
            return cls()
        if top > peak:
            return cls(most=peak)
        return cls(None, tuple(int(i) for i in np.unravel_index(pixels.argmax(), pixels.shape)), peak)

    def set(self, plane: Float, color: int) -> Float:
        """The plane of a colour, (H, W), changed in place."""
        if self.most is not None:
            np.minimum(plane, np.float32(self.most), out=plane)
        if self.place and self.place[2] == color:
            plane[self.place[:2]] = self.peak
        return plane


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
