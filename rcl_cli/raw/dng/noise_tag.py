"""The DNG tag NoiseProfile: from a file's tags to a noise profile and back. Its numbers are `NoiseProfile.to_dng`'s."""

from __future__ import annotations

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.tags.ifd import Entry, doubles
from rcl_cli.raw.tags.tiff_tags import TiffTags

NOISE_PROFILE = 51041
"""The tag's code. It belongs into the directory of the raw itself (DNG 1.4, NoiseProfile)."""


def noise_entry(profile: NoiseProfile) -> Entry:
    """The tag: pairs (S, O) of R, G, B."""
    return doubles(NOISE_PROFILE, profile.to_dng())


def noise_profile(tags: TiffTags, *, camera: str = "", iso: float | None = None) -> NoiseProfile | None:
    """The profile in the tag; None where there is none, or one that no noise has."""
    try:
        numbers = [float(number) for number in tags.numbers("NoiseProfile")]
        return NoiseProfile.from_dng(numbers, camera=camera, iso=iso, method="DNG NoiseProfile")
    except ValueError:
        return None
