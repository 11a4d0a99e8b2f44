"""Many pictures, one pair each; a bad one never stops the others."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.errors import FileError, blamed_on
from rcl_cli.noise import NoiseSource
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.far import refuse_far
from rcl_cli.raw.folder import Found
from rcl_cli.raw.guarded import read_frame
from rcl_cli.raw.whole import is_cut
from rcl_cli.samples.truth import TRUTH_NAME, Record, read_truth
from rcl_cli.simulate.files import clean_path, noisy_path, write_pair
from rcl_cli.simulate.pair import simulate
from rcl_cli.simulate.source import picture_generator


@dataclass(frozen=True)
class Settings:
    """What is done to every picture."""

    folder: Path
    """For noisy/ and clean/."""
    noise: NoiseSource
    cfa: CFA | None = None
    """Of the mosaics to make; None: RGB stays RGB."""
    linear: bool = False
    """Take the values of RGB files as they are."""
    seed: int = 0
    scale: int = 1
    """The noisy half is this many times smaller."""
    overwrite: bool = False


@dataclass(frozen=True)
class Result:
    """What became of one picture."""

    source: Path
    noisy: Path | None
    """Its noisy half; None where the picture was not found."""
    status: str
    """"done", "skipped" (the pair exists) or "failed"."""
    reason: str = ""
    seconds: float = 0.0
    truth: Record | None = None
    """Of a pair that is done: `file` and `clean`, relative to the folder, `input`, `cfa`, `shot` and `read`."""


def simulate_files(found: Sequence[Found], settings: Settings) -> Iterator[Result]:
    """One result for each picture, in order; files are written before a result is given.

    A pair that exists is kept, and made again where nothing tells of its noise: a run was killed, and what comes out is
    the same, or it is another run's, and counts as there. Raises FileError where the folder's truth file is none.
    """
    told = read_truth(settings.folder / TRUTH_NAME)
    taken: dict[Path, Path] = {}
    for item in found:
        noisy = noisy_path(settings.folder, item.relative, settings.cfa)
        start = time.perf_counter()
        if noisy in taken:
            reason = f"would have the same name as the pair of {taken[noisy]}; rename one of them"
            yield Result(item.path, noisy, "failed", reason)
            continue
        taken[noisy] = item.path
        there = os.path.lexists(noisy) and not is_cut(noisy) and not settings.overwrite
        if there and noisy.relative_to(settings.folder).as_posix() in told:
            yield Result(item.path, noisy, "skipped", "exists already")
            continue
        try:
            with blamed_on(item.path):
                truth = _simulate_file(item, noisy, settings)
            yield Result(item.path, noisy, "done", "", time.perf_counter() - start, truth)
        except FileError as error:
            if there and error.path == noisy:
                yield Result(item.path, noisy, "skipped", "exists already")
            else:
                yield Result(item.path, noisy, "failed", error.reason)


def _simulate_file(item: Found, noisy: Path, settings: Settings) -> Record:
    frame = refuse_far(read_frame(item.path, linear=settings.linear), item.path)
    rng = picture_generator(settings.seed, item.relative.as_posix())
    profile = settings.noise.draw(rng)
    try:
        pair = simulate(frame, profile, settings.cfa, rng, settings.scale)
    except ValueError as error:
        raise FileError(item.path, str(error)) from error
    clean = clean_path(settings.folder, item.relative, pair)
    write_pair(pair, noisy, clean, overwrite=settings.overwrite or is_cut(noisy))
    return {
        "file": noisy.relative_to(settings.folder).as_posix(),
        "clean": clean.relative_to(settings.folder).as_posix(),
        "input": item.path.name,
        "cfa": None if pair.cfa is None else pair.cfa.name,
        "shot": profile.shot,
        "read": profile.read,
    }
