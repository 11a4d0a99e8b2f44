"""darktable's `noiseprofiles.json`: out with a documented factor, in for trends over ISO only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
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


def read_darktable(path: Path) -> list[NoiseProfile]:
    """The profiles of a darktable file, on darktable's scale: how noise grows with ISO, never how much there is.

    All are "weak" and say why. Where a value is negative, as in a tenth of the published fits, it becomes 0; of
    several measurements of one camera and ISO the last counts. Raises OSError, or ValueError for another kind of file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = {
            (maker["maker"], model["model"], entry["iso"]): entry
            for maker in content["noiseprofiles"]
            for model in maker["models"]
            for entry in model["profiles"]
            if not entry.get("skip")
        }
        return [_profile(f"{maker} {model}", float(iso), entry) for (maker, model, iso), entry in found.items()]
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, IndexError) as error:
        raise ValueError("not a darktable file of noise profiles") from error


def _model(name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    comment = f"measured by rcl on single raw pixels, times {SCALE:g}"
    return {"comment": comment, "model": name, "profiles": sorted(entries, key=lambda entry: int(entry["iso"]))}


def _profile(camera: str, iso: float, entry: dict[str, Any]) -> NoiseProfile:
    numbers = [max(float(entry[name][channel]), 0.0) for channel in range(3) for name in ("a", "b")]
    return NoiseProfile.from_dng(
        numbers,
        camera=camera,
        iso=iso,
        method="darktable",
        quality="weak",
        reason="on darktable's own scale, good for trends over ISO only",
    )
