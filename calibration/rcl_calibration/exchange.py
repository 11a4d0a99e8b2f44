"""Files of noise profiles: JSON, one list for many cameras and ISOs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from rcl_calibration.profile import NoiseProfile
from rcl_calibration.runs import Run, add_run, contradicts, pool_runs

log = logging.getLogger(__name__)
FORMAT = "rcl-noise-profiles"
_LARGEST_FILE = 100_000_000
_BLACK_TOLERANCE = 2e-4
_WHAT_COUNTS = 'which count; edit the runs, or delete "runs" there'

Key = tuple[str, float | None, tuple[float, ...] | None, float | None]


def key_of(profile: NoiseProfile) -> Key:
    """What a profile is kept under: camera, ISO, black levels and white level."""
    return profile.camera, profile.iso, profile.black_level, profile.white_level


def profiles_text(profiles: Iterable[NoiseProfile]) -> str:
    """JSON text of many profiles, ordered by camera and ISO, for `read_profiles`."""
    return runs_text([Run(profile)] for profile in profiles)


def runs_text(entries: Iterable[Sequence[Run]], refused: Iterable[Refused] = ()) -> str:
    """JSON text of the runs of many cameras and ISOs, each with its pooled profile, for `read_runs`.

    `refused` follow as they are.
    """
    pooled = [(pool_runs(runs), runs) for runs in entries]
    ordered = sorted(pooled, key=lambda entry: (entry[0].camera, entry[0].iso or 0.0))
    texts = [*(json.dumps(_entry(profile, runs)) for profile, runs in ordered), *(one.text for one in refused)]
    lines = ",\n    ".join(texts)
    return f'{{"format": "{FORMAT}", "profiles": [\n    {lines}\n]}}\n'


@dataclass(frozen=True)
class Refused:
    """A profile in a file that cannot be used, kept so that it is not lost where the file is rewritten."""

    text: str
    """JSON, as it stands there."""
    reason: str
    """Which one it is and what is wrong with it."""


@dataclass(frozen=True)
class Content:
    """What a file of profiles holds."""

    runs: list[tuple[Run, ...]]
    """Of each camera, ISO and levels."""
    refused: list[Refused]


def read_profiles(path: Path) -> list[NoiseProfile]:
    """The pooled profiles of a file of runs, or the one of a file that holds a single JSON object.

    Raises OSError if it cannot be read, ValueError if it is something else or one of its profiles is damaged.
    """
    return [pool_runs(runs) for runs in read_runs(path)]


def read_runs(path: Path) -> list[tuple[Run, ...]]:
    """The runs of each camera, ISO and levels in a file. Raises as `read_profiles`."""
    content = read_content(path)
    for refused in content.refused:
        raise ValueError(refused.reason)
    return content.runs


def read_content(path: Path) -> Content:
    """The runs in a file and what in it is damaged. Raises OSError if it cannot be read, ValueError if it is none.

    Warns of numbers that somebody has changed beside runs, since only these count.
    """
    if path.stat().st_size > _LARGEST_FILE:
        raise ValueError("too large for a file of noise profiles")
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError("not a JSON file") from error
    except (RecursionError, ValueError) as error:  # nested too deep; a number of too many digits
        raise ValueError("not a file of noise profiles") from error
    if isinstance(content, dict) and "profiles" in content:
        content = content["profiles"]
    elif isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        raise ValueError("not a file of noise profiles")
    entries: list[tuple[Run, ...]] = []
    refused: list[Refused] = []
    for number, item in enumerate(content, start=1):
        several = item.get("runs") if isinstance(item, dict) else None
        several = several if isinstance(several, list) and several else []
        runs: list[Run] = []
        for one in several or [item]:
            try:
                runs.append(_run(one))
            except ValueError as error:
                refused.append(Refused(_text(one), f"profile {number} in it is damaged: {error}"))
        if runs:
            entries.append(tuple(runs))
        if runs and len(runs) == len(several) and _is_edited(item, runs):
            _warn(f"{path}: shot and read of {_name(runs[0].profile)} are not those of its runs, {_WHAT_COUNTS}")
    return Content(entries, refused)


def merge_runs(old: Iterable[Sequence[Run]], new: Iterable[Run]) -> list[tuple[Run, ...]]:
    """Old runs with the new ones beside those of the same camera, ISO and levels; none is lost (see `add_run`)."""
    merged: dict[Key, tuple[Run, ...]] = {}
    for run in [*(run for runs in old for run in runs), *new]:
        key = key_of(run.profile)
        merged[key] = add_run(merged.get(key, ()), run)
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


def same_camera(
    profiles: Iterable[NoiseProfile],
    camera: str,
    iso: float | None,
    black_level: Sequence[float] | None = None,
    white_level: float | None = None,
) -> list[NoiseProfile]:
    """The profiles of this camera at other ISOs, with these levels; `rcl_calibration.across_iso` goes between them."""
    return [
        profile
        for profile in profiles
        if profile.camera == camera and profile.iso != iso and _same_levels(profile, black_level, white_level)
    ]


@cache
def _warn(sentence: str) -> None:
    """Once, however often a program reads the file."""
    log.warning("%s", sentence)


def _name(profile: NoiseProfile) -> str:
    camera = profile.camera or "an unknown camera"
    return camera if profile.iso is None else f"{camera} at ISO {profile.iso:g}"


def _is_edited(item: dict[str, Any], runs: Sequence[Run]) -> bool:
    """Whether an entry's own numbers, if it has any, are others than its runs can have given."""
    own = {**runs[0].profile.to_dict(), **{name: item[name] for name in ("shot", "read") if item.get(name) is not None}}
    try:
        return contradicts(NoiseProfile.from_dict(own), runs)
    except ValueError:
        return True


def _entry(profile: NoiseProfile, runs: Sequence[Run]) -> dict[str, Any]:
    plain = profile.to_dict()
    if len(runs) == 1 and not runs[0].sources:
        return plain
    return {**plain, "runs": [{**run.profile.to_dict(), "sources": sorted(run.sources)} for run in runs]}


def _text(content: Any) -> str:
    try:
        return json.dumps(content)
    except RecursionError as error:
        raise ValueError("not a file of noise profiles") from error


def _run(values: Any) -> Run:
    if not isinstance(values, dict):
        raise ValueError("it is no JSON object")
    sources = values.get("sources", [])
    if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
        raise ValueError("sources must be a list of names")
    return Run(NoiseProfile.from_dict(values), frozenset(sources))


def _same_levels(profile: NoiseProfile, black_level: Sequence[float] | None, white_level: float | None) -> bool:
    if None in (profile.black_level, profile.white_level, black_level, white_level):
        return True
    ours, theirs = np.array(profile.black_level, float), np.array(black_level, float)
    white, other = float(profile.white_level or 0), float(white_level or 0)
    # Some decoders measure the black level anew in each file.
    nearly = max(0.5, _BLACK_TOLERANCE * (white - float(ours.min())))
    return abs(white - other) <= 0.5 and bool((np.abs(ours - theirs) <= nearly).all())
