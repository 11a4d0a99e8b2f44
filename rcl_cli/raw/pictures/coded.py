"""A picture's values as its file is to hold them: developed or by the source's curve, rounded, with its profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.develop import develop
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.pictures.icc import curves_of, display_profile


@dataclass(frozen=True)
class Coded:
    """What a TIFF, PNG or JPEG is made of."""

    values: NDArray[Any]
    """(H, W, C) uint8, uint16 or float32: grey or R, G, B, and behind them an alpha plane if there is one."""
    profile: bytes = b""
    """Its ICC profile; b"" for sRGB, and for floating-point values that are linear."""
    alpha: int | None = None
    """What the alpha plane means, as `Alpha` says it."""
    orientation: int = 1


def coded(picture: Picture, most_bits: int, *, alpha: bool = True) -> Coded:
    """As the source was stored, in at most so many bits: 8, 16, or 32 for floating-point ones.

    A raw is developed to 16. Linear floating-point values get the sRGB curve where they become whole numbers, and a
    profile that says so. `alpha`: keep transparency.
    """
    if picture.camera_rgb:
        return Coded(quantize(develop(picture), min(16, most_bits)))
    bits = min(next(size for size in (8, 16, 32) if picture.bits <= size), most_bits)
    profile = picture.stored.profile
    transfer, icc = picture.transfer, profile.data if profile else b""
    if picture.bits == 32 and bits < 32 and transfer == "linear":
        transfer, icc = "srgb", display_profile(profile) if profile else b""
    light = picture.pixels
    if picture.stored.grey:
        light = light.mean(axis=2, keepdims=True, dtype=np.float32)
    curves = curves_of(transfer, profile)
    if len(curves) == 1 or light.shape[2] == 1:
        values = curves[len(curves) // 2].encode(light)
    else:
        values = np.stack([curve.encode(light[..., plane]) for plane, curve in enumerate(curves)], axis=-1)
    stored = picture.stored.alpha if alpha else None
    if stored is not None:
        values = np.concatenate([values, stored.values[..., None]], axis=2)
    return Coded(quantize(values, bits), icc, stored.meaning if stored else None, picture.metadata.orientation)


def quantize(values: NDArray[np.float32], bits: int) -> NDArray[Any]:
    """[0, 1] → uint8 or uint16, rounded; what lies outside is clipped. 32 bits: as they are."""
    if bits == 32:
        return values
    largest = np.float32(2**bits - 1)
    whole: NDArray[Any] = np.clip(np.rint(values * largest), 0, largest).astype(f"uint{bits}")
    return whole
