"""Where the pairs come from: a folder of clean pictures, or one of noisy and clean files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.clean_pairs import CleanPairs
from rcl_cli.data.clean_pictures import MEMORY, CleanReader
from rcl_cli.data.file_pairs import FilePair, LoadedPair, PairReader, find_pairs
from rcl_cli.data.fingerprint import fingerprint
from rcl_cli.data.paired_crops import PairedCrops, within
from rcl_cli.data.pairs import PairSource, crop_multiple, crop_side, held_out_count, load_split
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError
from rcl_cli.noise import NoiseSource
from rcl_cli.raw.folder import find_files, raws_alone
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.guarded import read_frame
from rcl_cli.task import Task

ProfileOf = Callable[[Frame], NoiseProfile]


@dataclass(frozen=True)
class Wanted:
    """What is asked of a source of pairs."""

    task: Task
    domain: Domain
    multiple: int
    """The network's, in elements."""
    crop: int = 128
    """Side of training crops in target pixels, to be rounded up."""
    labels: int | None = None
    """Clean pictures to learn from; None: all but those held out."""
    seed: int = 0
    linear: bool = False
    """Keep the values of RGB files as they are, instead of decoding them by the sRGB curve."""
    coded: bool = False
    """The network's: it sees balanced values."""
    done: Callable[[], None] = lambda: None
    """Hears of each picture read."""

    @property
    def side(self) -> int:
        """`crop` rounded up."""
        return crop_side(self.crop, self.task, self.domain, self.multiple)


@dataclass(frozen=True)
class Source:
    """Pairs, and the files they are from."""

    pairs: PairSource
    files: str
    """`fingerprint` of the clean files learnt from."""
    failures: list[FileError]
    note: str = ""
    """For the user: what was left out, and why."""


def clean_source(paths: Sequence[Path], wanted: Wanted, noise: NoiseSource, reduce: int | None = None) -> Source:
    """Pairs made from clean pictures; of a raw and a picture of one shot, the raw.

    Raises RclError where too few can be used.
    """
    found, missing = find_files(paths)
    kept, note = raws_alone(found)
    files = [item.path for item in kept]
    if missing and not files:
        raise missing[0]
    reader = CleanReader(wanted.side, _share(wanted, len(files)), reduce, wanted.linear)
    split = load_split(files, reader, wanted.labels, wanted.seed, wanted.done)
    step = crop_multiple(wanted.task, wanted.domain, wanted.multiple)
    pairs = CleanPairs(
        wanted.task, wanted.domain, split.train, split.held_out, noise, wanted.side, step, wanted.seed, wanted.coded
    )
    return Source(pairs, fingerprint(p.path for p in split.train), missing + split.failures, note)


def paired_source(folder: Path, wanted: Wanted, profile_of: ProfileOf) -> Source:
    """Pairs of files. Raises RclError where too few can be used."""
    files, lonely = find_pairs(folder)
    reader = PairReader(wanted.task, wanted.domain, profile_of, wanted.linear, wanted.coded)
    least = wanted.side // (wanted.domain.pixels * wanted.task.scale)
    share = _share(wanted, len(files))

    def load(pair: FilePair) -> LoadedPair:
        return within(reader(pair), least, share)

    split = load_split(files, load, wanted.labels, wanted.seed, wanted.done)
    pairs = PairedCrops(wanted.task, wanted.domain, split.train, split.held_out, wanted.multiple, wanted.crop)
    return Source(pairs, fingerprint(p.files.clean for p in split.train), lonely + split.failures)


def pairs_domain(folder: Path) -> Domain:
    """The domain of the noisy files: that of the first which can be read. Raises FileError where none can."""
    pairs, _ = find_pairs(folder)
    failures: list[FileError] = []
    for pair in pairs:
        try:
            return read_frame(pair.noisy).domain
        except FileError as error:
            failures.append(error)
    raise failures[0]


def _share(wanted: Wanted, files: int) -> int:
    used = files if wanted.labels is None else wanted.labels + held_out_count(files)
    return MEMORY // max(1, min(files, used))
