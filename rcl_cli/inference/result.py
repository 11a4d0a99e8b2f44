"""What a task made of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.inference.unchanged import Unchanged
from rcl_cli.raw.picture import Picture


@dataclass(frozen=True)
class Result:
    """A picture to be written, and how it was made."""

    picture: Picture
    model: Path
    """The model's file."""
    profile: NoiseProfile | None
    """The noise that the network was told of; None where the task does not ask."""
    strength: float
    """From 0 to 1; of "auto" the one that was found best."""
    chroma_strength: float
    """That of colour; the same, where none was given."""
    unchanged: Unchanged | None = None
    """Why the pixels are those of the source; None where they are not."""

    @property
    def pixels(self) -> NDArray[np.float32]:
        """(H, W) mosaic or (H, W, 3), linear, 0 = black level, 1 = white level."""
        return self.picture.pixels
