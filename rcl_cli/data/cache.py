"""Pictures decoded once: their regions on disk, within a bound, memory-mapped for training."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.regions import RegionPlan, cut_regions, packed_frame, with_noise
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError
from rcl_cli.files import atomic_path, write_text
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.read import read_frame

_FORMAT = 2


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
    """Of the noise in the regions, or to be added to them; None where the plan asks for none."""

    @property
    def regions(self) -> NDArray[np.float32]:
        """(K, C, h, w), memory-mapped anew each time: thousands of open files would be too many."""
        mapped: NDArray[np.float32] = np.load(self.file, mmap_mode="r")
        return mapped


class RegionCache:
    """A folder of regions: for each picture and plan one `.npy` file, and a `.json` file that vouches for it."""

    def __init__(self, root: Path | None = None, read: Reader = read_frame) -> None:
        """`root`: default is the user's cache folder."""
        self.root = root or platformdirs.user_cache_path("rcl") / "regions"
        self._read = read

    def pictures(
        self, paths: Sequence[Path], plan: RegionPlan, workers: int = 2
    ) -> Iterator[CachedPicture | FileError]:
        """Each picture as it becomes ready, in the order of `paths`, or why it cannot be used."""
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(lambda path: self._picture_or_error(path, plan), paths)

    def picture(self, path: Path, plan: RegionPlan) -> CachedPicture:
        """From the cache, or decoded and added to it. Raises FileError if the picture or the cache fails."""
        key = self._key(path, plan)
        cached = self._load(path, key)
        if cached is not None:
            return cached
        self._store(path, key, plan)
        cached = self._load(path, key)
        if cached is None:
            raise FileError(self.root, "does not keep what is written to it; choose another folder with --cache")
        return cached

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
            return self.picture(path, plan)
        except FileError as error:
            return error

    def _key(self, path: Path, plan: RegionPlan) -> str:
        try:
            status = path.stat()
        except OSError as error:
            raise FileError(path, f"cannot be read ({error.strerror})") from error
        return _digest(_FORMAT, path.resolve(), status.st_mtime_ns, status.st_size, plan.describe())[:32]

    def _load(self, path: Path, key: str) -> CachedPicture | None:
        """None where there is no entry or it is damaged."""
        file = self.root / f"{key}.npy"
        try:
            note = json.loads(file.with_suffix(".json").read_text())
            regions = np.load(file, mmap_mode="r")
            if list(regions.shape) != note["shape"] or zlib.crc32(regions.data) != note["crc32"]:
                return None
            os.utime(file)
            noise = None if note["noise"] is None else NoiseProfile.from_dict(note["noise"])
            return CachedPicture(path, Domain(note["domain"]), note["camera"], file, noise)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _store(self, path: Path, key: str, plan: RegionPlan) -> None:
        frame = self._read(path, linear=plan.linear)
        domain = frame.domain
        # Not by the key, so that a copy of the pictures gives the same places and the same noise.
        rng = torch.Generator().manual_seed(int(_digest(path.name, path.stat().st_size, plan.describe_cuts())[:15], 16))
        try:
            regions, noise = with_noise(cut_regions(packed_frame(frame), domain, plan, rng), domain, plan, rng)
            if noise is None and plan.levels is not None:
                noise = plan.levels.of(frame)
        except ValueError as error:
            raise FileError(path, str(error)) from error
        note = {
            "domain": domain.value,
            "camera": frame.metadata.camera,
            "shape": regions.shape,
            "crc32": zlib.crc32(regions.data),
            "noise": None if noise is None else noise.to_dict(),
            "path": str(path),
        }
        file = self.root / f"{key}.npy"
        try:
            with atomic_path(file, overwrite=True) as temporary:
                np.save(temporary, regions)
            write_text(file.with_suffix(".json"), json.dumps(note), overwrite=True)
        except OSError as error:
            raise FileError(self.root, f"cannot hold the decoded regions ({error.strerror}); see --cache") from error


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
