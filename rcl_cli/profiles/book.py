"""Noise profiles for files: measured blind, kept in the store, and chosen for a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path

from rcl_calibration.across_iso import between, beyond, half_width
from rcl_calibration.exchange import (
    Content,
    find_profile,
    merge_runs,
    read_content,
    read_profiles,
    read_runs,
    runs_text,
    same_camera,
)
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.runs import Run, pool_runs
from rcl_calibration.single_image import estimate
from rcl_cli.disk.locks import locked
from rcl_cli.disk.write import write_text
from rcl_cli.errors import FileError
from rcl_cli.files import exists, is_file, require_file
from rcl_cli.folders import store_folder
from rcl_cli.profiles.by_iso import surer_by_iso
from rcl_cli.profiles.cautious import cautious
from rcl_cli.profiles.lattices import close_lattices, labels
from rcl_cli.profiles.lookup import Found, Lookup
from rcl_cli.profiles.processed import in_flat_blocks, is_certain, is_white, more_by_iso, profile_of, surer
from rcl_cli.raw.frame import Frame, RawFrame
from rcl_cli.raw.guarded import read_frame, sniff
from rcl_cli.raw.sniff import Kind

log = logging.getLogger(__name__)
STORED = "profiles.json"
"""The name of the file in a store."""


@dataclass(frozen=True)
class ProfileBook:
    """The noise profiles that one run chooses from, read once, when the first picture asks: the file `given`, or else
    those of the store (None: the user's)."""

    given: Path | None = None
    store: Path | None = None
    linear: bool = False
    """Keep the values of an RGB picture that is `given` as they are."""

    def check(self) -> None:
        """Raises FileError where `given` is no file of profiles, nor a picture that tells its noise."""
        if self.given is not None:
            _ = self._profiles

    def for_frame(self, frame: Frame) -> Found:
        """The noise profile to use for a file, and where it comes from; `find` says which and what is raised."""
        return self.find(Lookup.of(frame), lambda: blind_estimate(frame))

    def find(self, lookup: Lookup, blind: Callable[[], NoiseProfile]) -> Found:
        """`given`'s profile; else the store's for this camera, ISO and levels, or one interpolated between two ISOs of
        it; else the file's own; else what `blind` measures; where that is not to be trusted, or knows σ(x) less well,
        one extrapolated from another ISO.

        Raises FileError if `given` has none for it, or is damaged.
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
        if lookup.iso and lookup.camera:
            extrapolated = beyond(same_camera(self._profiles, **lookup.labels), lookup.iso)
            if extrapolated is not None and _surer(extrapolated, profile):
                words = f"for {lookup.words}, a warning: {extrapolated.reason} ({self._path})"
                return Found(extrapolated, "extrapolated", words)
        caution = f" ({profile.quality}: {profile.reason})" if profile.reason else ""
        return Found(profile, "blind", f"a blind estimate from the picture{caution}")

    def calibrated(self, lookup: Lookup) -> Found | None:
        """The profile measured for this camera, ISO and levels, or interpolated between two ISOs; None without any.

        Of a file `given` that holds a single profile, that one. Raises FileError if that file is damaged.
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
        try:
            if self.given is not None:
                return given_profiles(self.given, linear=self.linear)
            return load_profiles(self._path) if is_file(self._path) else []
        except FileError:
            if self.given is not None:
                raise
            return [pool_runs(runs) for runs in load_stored(self.store)]


def _surer(extrapolated: NoiseProfile, blind: NoiseProfile) -> bool:
    seen = blind.x_range or (0.0, 1.0)
    return blind.quality != "ok" or half_width(extrapolated, seen) < half_width(blind, seen)


def stored_profiles(store: Path | None = None) -> Path:
    """The file of noise profiles in a store (None: the user's); may not exist yet."""
    return store_folder(store) / STORED


def profile_for(frame: Frame, *, given: Path | None = None, store: Path | None = None) -> Found:
    """`ProfileBook.for_frame` for a single file; many share a book."""
    return ProfileBook(given, store).for_frame(frame)


def blind_estimate(frame: Frame) -> NoiseProfile:
    """The noise profile that a frame's own pixels tell; of RGB files also where processing has spread their noise.

    The ISO of pictures says how sure it is that there is some; that of raws does not: denoised linear ones keep theirs.
    """
    if isinstance(frame, RawFrame) or frame.camera_rgb:
        return estimate(close_lattices(frame), **labels(frame))
    found = in_flat_blocks(frame) if frame.transfer != "linear" else None
    if found is None:
        return surer_by_iso(estimate(close_lattices(frame), **labels(frame)))
    processed = replace(profile_of(found, frame.metadata.iso), **labels(frame))
    if not is_white(found) and is_certain(processed):
        return processed
    usual = estimate(close_lattices(frame), **labels(frame))
    better = more_by_iso(usual, found) if is_white(found) else not surer(usual, processed)
    return processed if better else surer_by_iso(usual)


def given_profiles(path: Path, *, linear: bool = False) -> list[NoiseProfile]:
    """The profiles of a file, or the one that a picture tells, which is for others of the same camera and setting.

    Of a picture as `rcl apply` takes it of itself: no more than surely is noise. Raises FileError if the file is
    missing or something else, and where the picture tells nothing. `linear`: as in `read_frame`.
    """
    try:
        sniffed = sniff(path)
    except FileError:
        sniffed = Kind.UNKNOWN
    if sniffed in (Kind.UNKNOWN, Kind.EMPTY):
        return load_profiles(path)
    frame = read_frame(path, linear=linear)
    profile = frame.metadata.noise_profile or cautious(blind_estimate(frame), raw=frame.domain.is_raw)
    if not profile.any_noise:
        reason = f"{profile.quality}: {profile.reason}" if profile.reason else "no noise was found"
        raise FileError(path, f"tells no noise level ({reason}); give a picture with flat parts that are not clipped")
    return [profile]


def load_profiles(path: Path) -> list[NoiseProfile]:
    """The profiles of a file. Raises FileError if it is missing or something else."""
    with _reading(path):
        return read_profiles(path)


def load_runs(path: Path) -> list[tuple[Run, ...]]:
    """The runs that the profiles of a file are pooled from. Raises FileError as `load_profiles`."""
    with _reading(path):
        return read_runs(path)


def load_stored(store: Path | None = None) -> list[tuple[Run, ...]]:
    """The runs in a store (None: the user's). What is damaged in it is left out, with a warning that names it."""
    path = stored_profiles(store)
    if not is_file(path):
        return []
    try:
        with _reading(path):
            content = read_content(path)
    except FileError as error:
        log.warning("%s; it is left out", error)
        return []
    for refused in content.refused:
        log.warning("%s: %s; it is left out", path, refused.reason)
    return content.runs


def save_runs(path: Path, runs: Iterable[Run]) -> None:
    """Add calibrations to a file, beside those of the same camera, ISO and levels that it has.

    What is damaged in the file stays in it; a store's that is damaged as a whole is kept under another name. Raises
    FileError.
    """
    with locked(path.with_name(f".{path.name}.lock"), path, wait=True):
        try:
            with _reading(path):
                old = read_content(path) if exists(path) else Content([], [])
        except FileError:
            if path.name != STORED:
                raise
            log.warning("%s is damaged, and kept as %s", path, _put_aside(path))
            old = Content([], [])
        write_text(path, runs_text(merge_runs(old.runs, _readable(runs)), old.refused), overwrite=True)


def save_profiles(path: Path, profiles: Iterable[NoiseProfile]) -> None:
    """`save_runs` of profiles that nobody knows the pictures of."""
    save_runs(path, map(Run, profiles))


def _readable(runs: Iterable[Run]) -> Iterator[Run]:
    """Those whose profiles could be read again; a warning for each other."""
    for run in runs:
        try:
            yield replace(run, profile=NoiseProfile.from_dict(run.profile.to_dict()))
        except ValueError as error:
            log.warning("The profile of %s is not kept: %s", run.profile.camera or "an unknown camera", error)


def _put_aside(path: Path) -> Path:
    require_file(path)
    names = (f"{path.stem}-damaged{'' if number == 1 else f'-{number}'}{path.suffix}" for number in count(1))
    target = next(place for name in names if not exists(place := path.with_name(name)))
    path.rename(target)
    return target


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else str(error)
        raise FileError(path, f"cannot be read as noise profiles: {words}") from error
