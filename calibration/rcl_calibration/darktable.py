"""darktable's `noiseprofiles.json`, written with a documented factor."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rcl_calibration.profile import NoiseProfile

SCALE = 0.1
"""darktable's `a` over λ_shot. Its profiles are not on the scale of single raw pixels: for cameras whose gain is known
from elsewhere the quotient is 0.07 to 0.13 from ISO 400 upwards. `b` is scaled alike: both are variances."""


def darktable_text(profiles: Iterable[NoiseProfile]) -> str:
    """JSON text as darktable reads it: SCALE·λ_shot as `a` and SCALE·λ_read as `b`, of R, G and B.

    Profiles without camera or ISO are left out: darktable finds them by both. The maker is the camera's first word.
    """
    makers: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for profile in profiles:
        maker, _, model = profile.camera.partition(" ")
        if not model or not profile.iso:
            continue
        numbers = [SCALE * number for number in profile.to_dng()]
        iso = round(profile.iso)
        entry = {"name": f"{profile.camera} iso {iso}", "iso": iso, "a": numbers[::2], "b": numbers[1::2]}
        makers.setdefault(maker, {}).setdefault(model, []).append(entry)
    listed = [
        {"maker": maker, "models": [_model(model, entries) for model, entries in sorted(models.items())]}
        for maker, models in sorted(makers.items())
    ]
    return json.dumps({"version": 0, "noiseprofiles": listed}, indent=1) + "\n"


def _model(name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    comment = f"measured by rcl on single raw pixels, times {SCALE:g}"
    return {"comment": comment, "model": name, "profiles": sorted(entries, key=lambda entry: int(entry["iso"]))}
