"""What a picture's file has beside three planes of light, so that a result can be a picture of the same kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.pictures.icc import ColorProfile

UNSPECIFIED, PREMULTIPLIED, STRAIGHT = 0, 1, 2
"""What a fourth plane means, as TIFF's ExtraSamples says it: anything; opacity, colours multiplied by it; or not so."""


@dataclass(frozen=True, eq=False)
class Alpha:
    """A plane beside the colours."""

    values: NDArray[np.float32]
    """(H, W), 0…1 for whole numbers; floating-point ones as they are."""
    meaning: int = STRAIGHT

    @property
    def opaque(self) -> bool:
        """True where nothing is lost without it."""
        return self.meaning != UNSPECIFIED and bool((self.values >= 1).all())


@dataclass(frozen=True, eq=False)
class Stored:
    """What else a file has."""

    profile: ColorProfile | None = None
    """Of its colours; None where it says nothing, which stands for sRGB, or its primaries where values are linear."""
    grey: bool = False
    """True where it has one plane of light, which is then repeated."""
    alpha: Alpha | None = None
    exr: Mapping[str, Any] = field(default_factory=dict)
    """Attributes of an OpenEXR file that hold for its result too."""

    def resized(self, height: int, width: int) -> Stored:
        """For a result of another size than the source's."""
        if self.alpha is None or self.alpha.values.shape == (height, width):
            return self
        values = cv2.resize(self.alpha.values, (width, height), interpolation=cv2.INTER_LINEAR)
        return replace(self, alpha=replace(self.alpha, values=values.astype(np.float32)))
