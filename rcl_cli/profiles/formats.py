"""The store's profiles as other programs read them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rcl_calibration.darktable import darktable_text
from rcl_calibration.exchange import runs_text
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.runs import Run, pool_runs


def profiles_as(name: str, entries: Sequence[Sequence[Run]]) -> str:
    """Text of the format `name`: "rcl", "dng", "android" or "darktable"; a KeyError for any other.

    dng: a JSON object a line: camera, iso, and NoiseProfile, the tag's six numbers S, O of R, G, B (S = λ_shot,
    O = λ_read). android: the same with four pairs in SENSOR_NOISE_PROFILE, of R, Gr, Gb, B.
    """
    profiles = sorted(map(pool_runs, entries), key=lambda profile: (profile.camera, profile.iso or 0.0))
    writers = {
        "rcl": lambda: runs_text(entries),
        "dng": lambda: _lines(profiles, "NoiseProfile"),
        "android": lambda: _lines(profiles, "SENSOR_NOISE_PROFILE"),
        "darktable": lambda: darktable_text(profiles),
    }
    return writers[name]()


def _lines(profiles: Sequence[NoiseProfile], tag: str) -> str:
    return "".join(json.dumps({"camera": p.camera, "iso": p.iso, tag: _numbers(p, tag)}) + "\n" for p in profiles)


def _numbers(profile: NoiseProfile, tag: str) -> list[float] | list[tuple[float, float]]:
    return list(profile.to_dng()) if tag == "NoiseProfile" else list(zip(profile.shot, profile.read, strict=True))
