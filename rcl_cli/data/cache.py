"""Pictures decoded once: their regions on disk, within a bound, memory-mapped for training."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.regions import RegionPlan, SmallPicture, TooSmall, cut_regions, packed_frame, with_noise
from rcl_cli.disk.write import atomic_path, write_text
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, blamed_on
from rcl_cli.files import real_path
from rcl_cli.folders import cache_folder
from rcl_cli.profiles.lookup import Lookup
from rcl_cli.raw.far import refuse_far
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.guarded import read_frame

_FORMAT = 3


class Reader(Protocol):
    """Decodes a file, as `read_frame` does."""

    def __call__(self, path: Path, *, linear: bool = False) -> Frame: ...


@dataclass(frozen=True)
class CachedPicture:
    """One picture's regions."""

    path: Path
    domain: Domain
    camera: str
    file: Path
    """Where its regions are kept."""
    noise: NoiseProfile | None = None
    """Of the noise in the regions, or to be added to them; None where the plan asks for none. Looked up anew each time,
    where it is not simulated: the regions depend on the pixels alone."""

    @property
    def regions(self) -> NDArray[np.float32]:
        """(K, C, h, w), memory-mapped anew each time: thousands of open files would be too many."""
        mapped: NDArray[np.float32] = np.load(self.file, mmap_mode="r", allow_pickle=False)
        return mapped


@dataclass(frozen=True)
class _Note:
    """The `.json` file beside the regions: it vouches for them and keeps what was known when they were decoded."""

    domain: Domain
    shape: tuple[int, ...]
    crc32: int
    lookup: Lookup
    """What the noise level is looked up by."""
    simulated: NoiseProfile | None
    """Of the noise in the regions, or to be added to them, where the plan simulates it."""
    measured: Mapping[str, NoiseProfile]
    """What the pixels told, by the name of the measurement: it takes long."""

    def to_json(self, path: Path) -> str:
        values = asdict(self) | {"domain": self.domain.value, "path": str(path)}
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> _Note:
        """Raises KeyError, TypeError or ValueError for anything else."""
        values = json.loads(text)
        measured = {name: NoiseProfile.from_dict(profile) for name, profile in values["measured"].items()}
        lookup = {**values["lookup"], "own": _profile(values["lookup"]["own"])}
        black = lookup["black_level"]
        return cls(
            Domain(values["domain"]),
            tuple(values["shape"]),
            values["crc32"],
            Lookup(**{**lookup, "black_level": None if black is None else tuple(black)}),
            _profile(values["simulated"]),
            measured,
        )


def _profile(values: Mapping[str, Any] | None) -> NoiseProfile | None:
    return None if values is None else NoiseProfile.from_dict(values)


class RegionCache:
    """A folder of regions: for each picture and plan one `.npy` file, and a `.json` file that vouches for it."""

    def __init__(self, root: Path | None = None, read: Reader = read_frame) -> None:
        """`root`: default is the user's cache folder."""
        self.root = root or cache_folder() / "regions"
        self._read = read

    def pictures(
        self, paths: Sequence[Path], plan: RegionPlan, workers: int = 2
    ) -> Iterator[CachedPicture | FileError]:
        """Each picture as it becomes ready, in the order of `paths`, or why it cannot be used."""
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(lambda path: self._picture_or_error(path, plan), paths)

    def picture(self, path: Path, plan: RegionPlan) -> CachedPicture:
        """From the cache, or decoded and added to it. Raises FileError if the picture or the cache fails."""
        file = self.root / f"{self._key(path, plan)}.npy"
        decode = functools.cache(lambda: self._read(path, linear=plan.linear))
        note = _load(file)
        if note is None:
            self._store(path, file, plan, refuse_far(decode(), path))
            note = _load(file)
        if note is None:
            raise FileError(self.root, "does not keep what is written to it; choose another folder with --cache")
        noise = note.simulated or self._looked_up(path, file, plan, note, decode)
        return CachedPicture(path, note.domain, note.lookup.camera, file, noise)

    def shrink(self, size: int, in_use: Sequence[CachedPicture] = ()) -> None:
        """Remove the regions used longest ago until at most `size` bytes are left; those in use stay."""
        kept = {picture.file for picture in in_use}
        files = sorted(self.root.glob("*.npy"), key=lambda file: file.stat().st_mtime)
        total = sum(file.stat().st_size for file in files)
        for file in files:
            if total <= size:
                return
            if file not in kept:
                total -= file.stat().st_size
                file.with_suffix(".json").unlink(missing_ok=True)
                file.unlink(missing_ok=True)

    def _picture_or_error(self, path: Path, plan: RegionPlan) -> CachedPicture | FileError:
        try:
            with blamed_on(path):
                return self.picture(path, plan)
        except FileError as error:
            return error

    def _key(self, path: Path, plan: RegionPlan) -> str:
        try:
            status = path.stat()
        except OSError as error:
            raise FileError(path, f"cannot be read ({error.strerror})") from error
        return _digest(_FORMAT, real_path(path), status.st_mtime_ns, status.st_size, plan.describe())[:32]

    def _store(self, path: Path, file: Path, plan: RegionPlan, frame: Frame) -> None:
        domain = frame.domain
        # Not by the key, so that a copy of the pictures gives the same places and the same noise.
        rng = torch.Generator().manual_seed(int(_digest(path.name, path.stat().st_size, plan.describe_cuts())[:15], 16))
        try:
            regions, simulated = with_noise(cut_regions(packed_frame(frame), domain, plan, rng), domain, plan, rng)
        except TooSmall as error:
            raise SmallPicture(path, str(error), error.side, error.domain) from error
        except ValueError as error:
            raise FileError(path, str(error)) from error
        note = _Note(domain, regions.shape, zlib.crc32(regions.data), Lookup.of(frame), simulated, {})
        try:
            with atomic_path(file, overwrite=True, durable=False) as temporary:
                np.save(temporary, regions)
        except FileError as error:
            raise self._full(error) from error
        self._write(path, file, note)

    def _looked_up(
        self, path: Path, file: Path, plan: RegionPlan, note: _Note, decode: Callable[[], Frame]
    ) -> NoiseProfile | None:
        levels = plan.levels
        if levels is None:
            return None

        def measured() -> NoiseProfile:
            known = note.measured.get(levels.name)
            if known is None:
                known = levels.measure(decode())
                self._write(path, file, replace(note, measured={**note.measured, levels.name: known}))
            return known

        try:
            return levels.choose(note.lookup, measured)
        except ValueError as error:
            raise FileError(path, str(error)) from error

    def _write(self, path: Path, file: Path, note: _Note) -> None:
        try:
            write_text(file.with_suffix(".json"), note.to_json(path), overwrite=True, durable=False)
        except FileError as error:
            raise self._full(error) from error

    def _full(self, error: FileError) -> FileError:
        return FileError(self.root, f"the cache of decoded pictures {error.reason} (see --cache)")


def _load(file: Path) -> _Note | None:
    """None where there is no entry or it is damaged."""
    try:
        note = _Note.from_json(file.with_suffix(".json").read_text())
        regions = np.load(file, mmap_mode="r", allow_pickle=False)
        if regions.shape != note.shape or zlib.crc32(regions.data) != note.crc32:
            return None
        os.utime(file)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return note


def _digest(*parts: object) -> str:
    return hashlib.sha256(os.fsencode("\0".join(map(str, parts)))).hexdigest()
