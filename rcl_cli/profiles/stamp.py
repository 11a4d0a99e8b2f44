"""Writing a measured noise level into DNGs, for whatever raw developer reads the NoiseProfile tag."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.disk.write import atomic_path
from rcl_cli.errors import FileError, blamed_on
from rcl_cli.files import exists, real_path
from rcl_cli.profiles.book import ProfileBook, blind_estimate
from rcl_cli.profiles.lookup import Found, Lookup
from rcl_cli.raw.dng.noise_tag import noise_entry
from rcl_cli.raw.dng.tag_patch import set_raw_tag
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.guarded import read_frame
from rcl_cli.raw.sniff import identify
from rcl_cli.raw.tags.sidecars import carry_sidecars

FOLDER = "stamped"
"""Of the copies, beside what was given, where no other is named."""


@dataclass(frozen=True)
class Job:
    """One DNG, and where its stamped copy goes: `target` is None where the file itself is to be changed."""

    path: Path
    target: Path | None


@dataclass(frozen=True)
class Stamped:
    """What became of one file."""

    job: Job
    status: str
    """"done", "skipped" or "failed"."""
    reason: str = ""
    """Why it was not done."""
    found: Found | None = None
    """What was written, and where it comes from."""
    tagged: bool = False
    """The file, or its copy, carries a noise profile now."""


def stamp_files(
    jobs: Iterable[Job], book: ProfileBook, *, blind: bool = False, overwrite: bool = False
) -> Iterator[Stamped]:
    """Write to each DNG the profile that the book has calibrated for its camera, ISO and levels.

    blind: where there is none, the profile that the picture itself tells, if it is to be trusted. overwrite: replace
    a profile that the file has, and a copy that exists. Files that are no DNG are skipped. XMP sidecars go with copies.
    """
    taken: dict[Path, Path] = {}
    for job in jobs:
        written = real_path(job.target or job.path)
        if written in taken:
            reason = f"would have the same name as the copy of {taken[written]}; stamp it into another folder"
            yield Stamped(job, "failed", reason)
            continue
        taken[written] = job.path
        try:
            with blamed_on(job.path):
                stamped = _stamp(job, book, blind=blind, overwrite=overwrite)
            yield stamped
        except FileError as error:
            yield Stamped(job, "failed", error.reason if error.path == job.path else str(error))


def _stamp(job: Job, book: ProfileBook, *, blind: bool, overwrite: bool) -> Stamped:
    if job.target is not None and real_path(job.target) == real_path(job.path):
        raise FileError(job.path, "would be its own copy; name another folder, or use --in-place")
    tags = identify(job.path).tags
    if not tags.dng:
        return Stamped(job, "skipped", "is no DNG, which alone has the tag; convert it to DNG first")
    if job.target is not None and exists(job.target) and not overwrite:
        return Stamped(job, "skipped", f"{job.target} exists already; --overwrite replaces it", tagged=True)
    if "NoiseProfile" in tags.values and not overwrite:
        return Stamped(job, "skipped", "has a noise profile already; --overwrite replaces it", tagged=True)
    if (tags.numbers("NoiseReductionApplied") > 0).any():
        raise FileError(job.path, "says that its noise was reduced, so that it has no longer its camera's")
    found = _profile(job.path, read_frame(job.path), book, blind=blind)
    target = job.target or real_path(job.path)  # a link stays a link
    with atomic_path(target, overwrite=job.target is None or overwrite) as temporary:
        try:
            shutil.copyfile(job.path, temporary)
            set_raw_tag(temporary, noise_entry(found.profile))
        except ValueError as error:
            raise FileError(job.path, str(error)) from error
        mode = job.path.stat().st_mode
    if job.target is None:
        target.chmod(mode)
    else:
        carry_sidecars(job.path, target, developed=False, denoised=False, overwrite=overwrite)
    return Stamped(job, "done", found=found, tagged=True)


def _profile(path: Path, frame: Frame, book: ProfileBook, *, blind: bool) -> Found:
    lookup = Lookup.of(frame)
    calibrated = book.calibrated(lookup)
    if calibrated is not None:
        return calibrated
    if not blind:
        raise FileError(path, f"has no profile calibrated for {lookup.words} and its levels; run `rcl calibrate` first")
    profile = blind_estimate(frame)
    if profile.quality != "ok":
        raise FileError(path, f"tells too little of its own noise ({profile.quality}: {profile.reason})")
    return Found(profile, "blind", "a blind estimate from the picture")


def beside(path: Path) -> Path:
    """The folder for copies of a file or folder that was given: beside it."""
    here = path if path.name not in ("", "..") else real_path(path)
    return here.parent / FOLDER


def without_copies(jobs: Sequence[Job]) -> list[Job]:
    """`jobs` without the copies that an earlier run made: files that lie where the copies of others go."""
    made = {target: path for path, target in _resolved(jobs) if target != path}
    return [job for job, (path, _) in zip(jobs, _resolved(jobs), strict=True) if path not in made]


def _resolved(jobs: Sequence[Job]) -> list[tuple[Path, Path]]:
    return [(real_path(job.path), real_path(job.target or job.path)) for job in jobs]
