"""How noisy clean pictures are themselves: a head learns to keep what its labels hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from rcl_calibration.single_image import estimate
from rcl_cli.data.clean_pictures import CleanPicture
from rcl_cli.data.crops import middle_window
from rcl_cli.profiles.lattices import close_lattices
from rcl_cli.raw.frame import RgbFrame

MID_GREY = 0.18
TOO_NOISY = 0.01
"""σ at mid grey, in parts of white: what a full-frame sensor has at about ISO 1000."""
_MEASURED, _SIDE = 4, 1024


@dataclass(frozen=True)
class LabelNoise:
    """Of the pictures as they are learnt from, reduced already."""

    sigma: float
    """Standard deviation at mid grey, in parts of white: the median of those measured."""
    measured: int
    pictures: int

    @property
    def sentences(self) -> list[str]:
        """For the user; the second one warns."""
        said = f"about {self.sigma:.2%}" if self.sigma >= 5e-4 else "less than 0.05%"
        found = f"Noise of the clean pictures themselves: {said} of white at mid grey"
        found += f" ({self.measured} of {self.pictures} measured)"
        if self.sigma < TOO_NOISY:
            return [found]
        return [
            found,
            "Warning: that is too noisy to be called clean, and the head will learn to keep such noise. Give pictures"
            " at base ISO, reduce them further with --reduce, or learn from noisy pictures alone with `rcl pretrain`",
        ]


def label_noise(pictures: Sequence[CleanPicture]) -> LabelNoise | None:
    """Measured blind on a few of the pictures, spread evenly; None where none has a flat part to measure."""
    count = min(_MEASURED, len(pictures))
    few = [pictures[number * len(pictures) // count] for number in range(count)]
    found = [sigma for picture in few if (sigma := _sigma(picture)) is not None]
    return LabelNoise(median(found), len(found), len(pictures)) if found else None


def _sigma(picture: CleanPicture) -> float | None:
    part = middle_window(picture.rgb.shape, _SIDE).of(picture.rgb).float()
    frame = RgbFrame(np.ascontiguousarray(part.permute(1, 2, 0).numpy()), "linear", 32)
    profile = estimate(close_lattices(frame))
    if profile.reason.startswith("no block"):
        return None
    return math.sqrt(profile.shot[1] * MID_GREY + profile.read[1])
