"""The pictures: which there are, and their values as stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rcl_cli.data.fingerprint import fingerprint
from rcl_cli.errors import FileError
from rcl_cli.raw.folder import find_files
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.read import read_frame

Float = NDArray[np.float32]
LEAST_SIDE = 64
_MULTIPLE = 4
"""Sides are cut to multiples of this: half of a picture must still hold whole Bayer cells."""


@dataclass(frozen=True)
class Picture:
    """A clean picture, or a noisy one beside the clean one."""

    path: Path
    group: str
    """Name of the folder that it lies in."""
    clean: Path | None = None
    """Of real pairs, where `path` is the noisy one."""

    @property
    def name(self) -> str:
        """The file's, without suffix."""
        return self.path.stem

    @property
    def identity(self) -> str:
        """Changes with the folder's name, and with name or size of the files."""
        return f"{self.group}: {fingerprint([self.path, *([self.clean] if self.clean else [])])}"


def find_pictures(paths: Sequence[Path], limit: int | None) -> list[Picture]:
    """The pictures in files and folders, by folder; `limit`: so many of each folder, evenly chosen.

    Raises FileError for paths that cannot be used.
    """
    found, errors = find_files(paths)
    if errors:
        raise errors[0]
    return _limited([Picture(file.path, file.path.resolve().parent.name) for file in found], limit)


def find_pairs(folders: Sequence[Path], limit: int | None) -> list[Picture]:
    """The pairs in folders, laid out as for `rcl evaluate`; `limit` as above.

    Raises FileError for a folder without pairs, or a noisy file without a clean one.
    """
    from rcl_cli.data import file_pairs

    pictures = []
    for folder in folders:
        pairs, lonely = file_pairs.find_pairs(folder)
        if lonely:
            raise lonely[0]
        pictures += [Picture(pair.noisy, folder.resolve().name, pair.clean) for pair in pairs]
    return _limited(pictures, limit)


@lru_cache(maxsize=4)
def stored(path: Path, crop: int | None) -> Float:
    """Values as in the file, (H, W, 3) in [0, 1]; `crop`: of the middle, so many pixels each way at most.

    Sides are cut to multiples of 4. Raises FileError where it is a raw, or too small.
    """
    return frame_of(path, crop, linear=True).rgb


def frame_of(path: Path, crop: int | None, *, linear: bool = False) -> RgbFrame:
    """The same as rcl reads it; `linear`: values as they are, else decoded to linear light."""
    frame = read_frame(path, linear=linear)
    if not isinstance(frame, RgbFrame):
        raise FileError(path, "is a raw; the comparison is made on RGB pictures")
    if min(frame.size) < LEAST_SIDE:
        raise FileError(path, f"is too small; the comparison needs {LEAST_SIDE}×{LEAST_SIDE} pixels")
    rows, columns = (_middle(length, crop) for length in frame.size)
    return RgbFrame(frame.rgb[rows, columns], frame.transfer, frame.bits, frame.camera_rgb, frame.metadata)


def evenly(pictures: Sequence[Picture], count: int | None) -> list[Picture]:
    """`count` of them, evenly chosen; None: all."""
    if count is None or count >= len(pictures):
        return list(pictures)
    return [pictures[i * len(pictures) // count] for i in range(count)]


def _limited(pictures: Sequence[Picture], limit: int | None) -> list[Picture]:
    groups: dict[str, list[Picture]] = {}
    for picture in pictures:
        groups.setdefault(picture.group, []).append(picture)
    return [picture for group in groups.values() for picture in evenly(group, limit)]


def _middle(length: int, crop: int | None) -> slice:
    kept = min(length, crop or length) // _MULTIPLE * _MULTIPLE
    # Starts on an even pixel, so that squares of a JPEG's colour stay whole.
    start = (length - kept) // 4 * 2
    return slice(start, start + kept)
