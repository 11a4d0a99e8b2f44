"""The canvas that scenes are painted on: finer than the picture, then blurred and reduced as a lens and pixels do."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

OVERSAMPLING = 3


@dataclass(frozen=True)
class Canvas:
    """A picture of height × width pixels, painted with `oversampling`² samples a pixel.

    Lengths and positions are in pixels of the finished picture, whatever the oversampling.
    """

    height: int
    width: int
    oversampling: int = OVERSAMPLING

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of samples."""
        return self.height * self.oversampling, self.width * self.oversampling

    @property
    def short_side(self) -> int:
        """The shorter of height and width, in pixels."""
        return min(self.height, self.width)

    def grid(self) -> tuple[Image, Image]:
        """y (rows, 1) and x (1, columns) of the samples' centres, in pixels."""
        rows, columns = self.shape
        y, x = ((np.arange(n) + 0.5) / self.oversampling for n in (rows, columns))
        return y[:, None].astype(np.float32), x[None, :].astype(np.float32)

    def enlarge(self, image: Image) -> Image:
        """An image of whole pixels (height, width[, 3]) interpolated to the samples."""
        return np.asarray(cv2.resize(image, self.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)

    def blur(self, image: Image, sigma: float) -> Image:
        """Gaussian blur with a standard deviation of `sigma` pixels."""
        size = self.oversampling * sigma
        return np.asarray(cv2.GaussianBlur(image, (0, 0), size, borderType=cv2.BORDER_REFLECT), np.float32)

    def expose(self, image: Image, sigma: float) -> Image:
        """The picture, (height, width, 3) in [0, 1], of samples (rows, columns, 3).

        A lens blurs by `sigma` pixels, then square pixels integrate: little above the Nyquist frequency is left.
        """
        picture = cv2.resize(self.blur(image, sigma), (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.clip(picture, 0.0, 1.0, out=np.asarray(picture, np.float32))
