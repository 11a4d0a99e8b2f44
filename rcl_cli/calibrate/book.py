"""Noise profiles for files: measured blind, kept in the store, and chosen for a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rcl_calibration.across_iso import between, beyond
from rcl_calibration.exchange import find_profile, merge_runs, read_profiles, read_runs, runs_text, same_camera
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.runs import Run
from rcl_calibration.single_image import estimate
from rcl_cli.calibrate.lattices import labels, lattices
from rcl_cli.errors import FileError
from rcl_cli.files import write_text
from rcl_cli.models.store import Store
from rcl_cli.raw.frame import Frame


def profile_for(frame: Frame, *, given: Path | None = None, store: Path | None = None) -> tuple[NoiseProfile, str]:
    """The noise profile to use for a file, and in words where it comes from.

    `given`, a file of profiles; else the store's profile for this camera, ISO and levels, or one interpolated between
    two ISOs of it; else the file's own NoiseProfile tag; else a blind estimate from the picture; where that is not to
    be trusted, one extrapolated from another ISO. Raises FileError if `given` has none for it.
    """
    known = known_profile(labels(frame), given=given, store=store)
    if known is not None:
        return known
    if given is not None:
        advice = "calibrate it, or give a file of one profile"
        raise FileError(given, f"has no profile for {_camera_words(labels(frame))}; {advice}")
    if frame.metadata.noise_profile is not None:
        return frame.metadata.noise_profile, "the file's own noise profile"
    profile, iso = estimate(lattices(frame), **labels(frame)), frame.metadata.iso
    stored = Store.open(store).profiles
    others = same_camera(_stored(stored, frame.metadata.camera), **labels(frame))
    if profile.quality != "ok" and iso and (extrapolated := beyond(others, iso)) is not None:
        return extrapolated, f"for {_camera_words(labels(frame))}, a warning: {extrapolated.reason} ({stored})"
    caution = f" ({profile.quality}: {profile.reason})" if profile.reason else ""
    return profile, f"a blind estimate from the picture{caution}"


def known_profile(
    wanted: Mapping[str, Any], *, given: Path | None = None, store: Path | None = None
) -> tuple[NoiseProfile, str] | None:
    """As `profile_for`, by camera, ISO and levels alone; None where only the file itself can tell."""
    if given is not None:
        profiles = load_profiles(given)
        found = profiles[0] if len(profiles) == 1 else find_profile(profiles, **wanted)
        return None if found is None else (found, f"the profile given, {given}")
    stored = Store.open(store).profiles
    known = _stored(stored, wanted["camera"])
    calibrated = find_profile(known, **wanted)
    if calibrated is not None:
        return calibrated, f"calibrated for {_camera_words(wanted)} ({stored})"
    others, iso = same_camera(known, **wanted), wanted["iso"]
    if iso and (interpolated := between(others, iso)) is not None:
        return interpolated, f"for {_camera_words(wanted)}, {interpolated.method} ({stored})"
    return None


def load_profiles(path: Path) -> list[NoiseProfile]:
    """The profiles of a file. Raises FileError if it is missing or something else."""
    with _reading(path):
        return read_profiles(path)


def load_runs(path: Path) -> list[tuple[Run, ...]]:
    """The runs that the profiles of a file are pooled from. Raises FileError as `load_profiles`."""
    with _reading(path):
        return read_runs(path)


def save_runs(path: Path, runs: Iterable[Run]) -> None:
    """Add calibrations to a file, beside those of the same camera, ISO and levels that it has. Raises FileError."""
    with _one_at_a_time(path):
        old = load_runs(path) if path.is_file() else []
        write_text(path, runs_text(merge_runs(old, runs)), overwrite=True)


def save_profiles(path: Path, profiles: Iterable[NoiseProfile]) -> None:
    """`save_runs` of profiles that nobody knows the pictures of."""
    save_runs(path, map(Run, profiles))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else str(error)
        raise FileError(path, f"cannot be read as noise profiles: {words}") from error


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Hold off other runs between reading and writing; no more than that where the system has no such locks."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    lock = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise FileError(path, f"cannot be written ({error.strerror})") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # a network folder without locks
            yield
            return
        yield


def _stored(path: Path, camera: str) -> list[NoiseProfile]:
    return load_profiles(path) if path.is_file() and camera else []


def _camera_words(wanted: Mapping[str, Any]) -> str:
    iso = wanted["iso"]
    return f"{wanted['camera'] or 'an unknown camera'}{'' if iso is None else f' at ISO {iso:g}'}"
