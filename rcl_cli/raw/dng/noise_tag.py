"""The DNG tag NoiseProfile: from a file's tags to a noise profile and back. Its numbers are `NoiseProfile.to_dng`'s."""

from __future__ import annotations

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.tags.ifd import Entry, doubles
from rcl_cli.raw.tags.tiff_tags import TiffTags

_MOST = 1.0
"""Of λ: a sensor that is full with one photon has a λ_shot of 1. Tags of more are in other units, such as DN."""
NOISE_PROFILE = 51041
"""The tag's code. It belongs into the directory of the raw itself (DNG 1.4, NoiseProfile)."""


def noise_entry(profile: NoiseProfile) -> Entry:
    """The tag: pairs (S, O) of R, G, B."""
    return doubles(NOISE_PROFILE, profile.to_dng())


def noise_profile(tags: TiffTags, *, camera: str = "", iso: float | None = None) -> NoiseProfile | None:
    """The profile in the tag; None where there is none, or one that no noise has."""
    try:
        numbers = [float(number) for number in tags.numbers("NoiseProfile")]
        profile = NoiseProfile.from_dng(numbers, camera=camera, iso=iso, method="DNG NoiseProfile")
    except ValueError:
        return None
    return profile if max(*profile.shot, *profile.read) <= _MOST else None
