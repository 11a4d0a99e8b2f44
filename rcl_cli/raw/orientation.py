"""Turning stored pixels upright by their EXIF orientation."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Pixel = TypeVar("Pixel", bound=np.generic)


def upright(image: NDArray[Pixel], orientation: int) -> NDArray[Pixel]:
    """(H, W) or (H, W, C) as stored → as it is to be seen (EXIF 2.32, Orientation). Columns and rows swap from 5 on.

    >>> upright(np.array([[1, 2], [3, 4]]), 6).tolist()
    [[3, 1], [4, 2]]
    """
    if orientation >= 5:
        image = np.swapaxes(image, 0, 1)
    mirrored, flipped = {2: (1, 0), 3: (1, 1), 4: (0, 1), 6: (1, 0), 7: (1, 1), 8: (0, 1)}.get(orientation, (0, 0))
    if flipped:
        image = image[::-1]
    return image[:, ::-1] if mirrored else image
