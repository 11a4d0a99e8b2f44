"""What the decoders of picture files give: the values as they are stored, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.pictures.stored import STRAIGHT, Alpha


@dataclass(frozen=True)
class Decoded:
    """A picture file's values, not turned by its orientation."""

    values: NDArray[Any]
    """(H, W, 1) grey or (H, W, 3) RGB; uint8, uint16 or float32."""
    bits: int
    """Of whole numbers, whose white is 2**bits - 1; 32 for floating-point ones, whose white is 1."""
    alpha: Alpha | None = None
    profile: bytes = b""
    """An ICC profile."""
    resolution: tuple[float, float] | None = None
    """Pixels per inch, across and down."""
    orientation: int | None = None
    """As EXIF has it; None where the picture itself says nothing, but its file may."""
    exr: Mapping[str, Any] = field(default_factory=dict)
    unread: str = ""
    """What else the file holds, in words for the user."""


def with_alpha(values: NDArray[Any], bits: int, meaning: int = STRAIGHT) -> tuple[NDArray[Any], Alpha | None]:
    """(H, W) or (H, W, 1…4) → (H, W, 1) or (H, W, 3), and what the second or fourth plane holds."""
    if values.ndim == 2:
        values = values[..., None]
    colors = 1 if values.shape[2] < 3 else 3
    if values.shape[2] == colors:
        return values, None
    extra = values[..., colors].astype(np.float32)
    return values[..., :colors], Alpha(extra if bits == 32 else extra / np.float32(2**bits - 1), meaning)


def per_inch(across: float, down: float, inches: float = 1.0) -> tuple[float, float] | None:
    """Pixels per inch from pixels per so many inches; None where they are no numbers above 0."""
    found = (across / inches, down / inches)
    return found if all(0 < value < float("inf") for value in found) else None
