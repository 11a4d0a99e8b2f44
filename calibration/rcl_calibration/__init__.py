"""Noise calibration: the noise level function (λ_shot, λ_read) of a camera, from one image or many. Needs no torch.

The names below are what other programs need; each is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rcl_calibration.camera import pool
    from rcl_calibration.exchange import profiles_text, read_profiles
    from rcl_calibration.pair_profile import estimate_pair
    from rcl_calibration.profile import NoiseProfile
    from rcl_calibration.samples import Lattice
    from rcl_calibration.single_image import estimate, measure

__all__ = ["Lattice", "NoiseProfile", "estimate", "estimate_pair", "measure", "pool", "profiles_text", "read_profiles"]

_HOMES = {
    "Lattice": "samples",
    "NoiseProfile": "profile",
    "estimate": "single_image",
    "estimate_pair": "pair_profile",
    "measure": "single_image",
    "pool": "camera",
    "profiles_text": "exchange",
    "read_profiles": "exchange",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
