"""Noise profiles for files: measured blind, kept in the store, and chosen for a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from rcl_calibration.across_iso import between, beyond
from rcl_calibration.exchange import find_profile, merge_runs, read_profiles, read_runs, runs_text, same_camera
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.runs import Run
from rcl_calibration.single_image import estimate
from rcl_cli.errors import FileError
from rcl_cli.files import write_text
from rcl_cli.folders import store_folder
from rcl_cli.profiles.lattices import close_lattices, labels
from rcl_cli.profiles.lookup import Found, Lookup
from rcl_cli.profiles.processed import processed_profile
from rcl_cli.raw.frame import Frame, RgbFrame


@dataclass(frozen=True)
class ProfileBook:
    """The noise profiles that one run chooses from, read once, when the first picture asks: the file `given`, or else
    those of the store (None: the user's)."""

    given: Path | None = None
    store: Path | None = None

    def for_frame(self, frame: Frame) -> Found:
        """The noise profile to use for a file, and where it comes from; `find` says which and what is raised."""
        return self.find(Lookup.of(frame), lambda: blind_estimate(frame))

    def find(self, lookup: Lookup, blind: Callable[[], NoiseProfile]) -> Found:
        """`given`'s profile; else the store's for this camera, ISO and levels, or one interpolated between two ISOs of
        it; else the file's own; else what `blind` measures; where that is not to be trusted, one extrapolated from
        another ISO.

        Raises FileError if `given` has none for it, or a file of profiles is damaged.
        """
        calibrated = self.calibrated(lookup)
        if calibrated is not None:
            return calibrated
        if self.given is not None:
            reason = f"has no profile for {lookup.words}; calibrate it, or give a file of one profile"
            raise FileError(self.given, reason)
        if lookup.own is not None:
            return Found(lookup.own, "tag", "the file's own noise profile")
        profile = blind()
        if profile.quality != "ok" and lookup.iso and lookup.camera:
            extrapolated = beyond(same_camera(self._profiles, **lookup.labels), lookup.iso)
            if extrapolated is not None:
                words = f"for {lookup.words}, a warning: {extrapolated.reason} ({self._path})"
                return Found(extrapolated, "extrapolated", words)
        caution = f" ({profile.quality}: {profile.reason})" if profile.reason else ""
        return Found(profile, "blind", f"a blind estimate from the picture{caution}")

    def calibrated(self, lookup: Lookup) -> Found | None:
        """The profile measured for this camera, ISO and levels, or interpolated between two ISOs; None without any.

        Of a file `given` that holds a single profile, that one. Raises FileError if the file is damaged.
        """
        given = f"the profile given, {self.given}" if self.given is not None else ""
        if given and len(self._profiles) == 1:
            return Found(self._profiles[0], "given", given)
        if not given and not lookup.camera:
            return None
        measured = find_profile(self._profiles, **lookup.labels)
        if measured is not None:
            words = given or f"calibrated for {lookup.words} ({self._path})"
            return Found(measured, "given" if given else "calibrated", words)
        others = same_camera(self._profiles, **lookup.labels)
        interpolated = between(others, lookup.iso) if lookup.iso else None
        if interpolated is None:
            return None
        return Found(interpolated, "interpolated", f"for {lookup.words}, {interpolated.method} ({self._path})")

    @cached_property
    def _path(self) -> Path:
        return self.given or stored_profiles(self.store)

    @cached_property
    def _profiles(self) -> list[NoiseProfile]:
        return load_profiles(self._path) if self.given is not None or self._path.is_file() else []


def stored_profiles(store: Path | None = None) -> Path:
    """The file of noise profiles in a store (None: the user's); may not exist yet."""
    return store_folder(store) / "profiles.json"


def profile_for(frame: Frame, *, given: Path | None = None, store: Path | None = None) -> Found:
    """`ProfileBook.for_frame` for a single file; many share a book."""
    return ProfileBook(given, store).for_frame(frame)


def blind_estimate(frame: Frame) -> NoiseProfile:
    """The noise profile that a frame's own pixels tell; of RGB files also where processing has spread their noise."""
    if isinstance(frame, RgbFrame) and frame.transfer != "linear":
        processed = processed_profile(frame)
        if processed is not None:
            return replace(processed, **labels(frame))
    return estimate(close_lattices(frame), **labels(frame))


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
