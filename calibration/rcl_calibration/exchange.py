"""Files of noise profiles: JSON, one list for many cameras and ISOs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rcl_calibration.profile import NoiseProfile

FORMAT = "rcl-noise-profiles"

Key = tuple[str, float | None, tuple[float, ...] | None, float | None]


def key_of(profile: NoiseProfile) -> Key:
    """What a profile is kept under: camera, ISO, black levels and white level."""
    return profile.camera, profile.iso, profile.black_level, profile.white_level


def profiles_text(profiles: Iterable[NoiseProfile]) -> str:
    """JSON text of many profiles, ordered by camera and ISO, for `read_profiles`."""
    ordered = sorted(profiles, key=lambda profile: (profile.camera, profile.iso or 0.0))
    lines = ",\n    ".join(profile.to_json() for profile in ordered)
    return f'{{"format": "{FORMAT}", "profiles": [\n    {lines}\n]}}\n'


def read_profiles(path: Path) -> list[NoiseProfile]:
    """The profiles of a file written by `profiles_text`, or the one of a file that holds a single JSON object.

    Raises OSError if it cannot be read, ValueError if it is something else.
    """
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError("not a JSON file") from error
    if isinstance(content, dict) and "profiles" in content:
        content = content["profiles"]
    elif isinstance(content, dict):
        content = [content]
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise ValueError("not a file of noise profiles")
    try:
        return [NoiseProfile.from_dict(item) for item in content]
    except TypeError as error:
        raise ValueError("a noise profile in it is damaged") from error


def merge_profiles(old: Iterable[NoiseProfile], new: Iterable[NoiseProfile]) -> list[NoiseProfile]:
    """Old profiles, each replaced by the new one under the same key."""
    merged = {key_of(profile): profile for profile in old}
    merged.update((key_of(profile), profile) for profile in new)
    return list(merged.values())


def find_profile(
    profiles: Sequence[NoiseProfile],
    camera: str,
    iso: float | None,
    black_level: Sequence[float] | None = None,
    white_level: float | None = None,
) -> NoiseProfile | None:
    """The profile of this camera and ISO, measured with these levels where they are given; None where there is none."""
    for profile in profiles:
        if profile.camera == camera and profile.iso == iso and _same_levels(profile, black_level, white_level):
            return profile
    return None


def _same_levels(profile: NoiseProfile, black_level: Sequence[float] | None, white_level: float | None) -> bool:
    if None in (profile.black_level, profile.white_level, black_level, white_level):
        return True
    ours, theirs = (*(profile.black_level or ()), profile.white_level), (*(black_level or ()), white_level)
    return bool(np.allclose(np.array(ours, float), np.array(theirs, float), rtol=0, atol=0.5))
