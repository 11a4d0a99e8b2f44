"""Clean pictures: linear light without noise, from procedural scenes or reduced from photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.data.fingerprint import fingerprint
from rcl_cli.disk.write import write_bytes
from rcl_cli.errors import FileError, RclError
from rcl_cli.raw.folder import find_files
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.read import read_frame
from rcl_cli.samples.scenes import scene

Picture = NDArray[np.float32]
REDUCTION = 3
"""Side of the squares of pixels that are averaged into one: takes a photograph's own noise and JPEG traces away."""


class Pictures(Protocol):
    """A source of clean pictures, the same for the same index."""

    def describe(self) -> str:
        """What they are: changes with everything that decides them, seed and code aside."""

    def get(self, index: int) -> Picture:
        """(H, W, 3) linear sRGB in [0, 1]."""


@dataclass(frozen=True)
class Scenes:
    """Procedural scenes, noise-free by construction."""

    side: int
    """Pixels of the shorter side at least; the sides vary by an eighth, and are odd as often as even."""
    seed: int

    def describe(self) -> str:
        return f"noise-free procedural scenes of {self.side} to {self.side * 9 // 8} pixels a side"

    def get(self, index: int) -> Picture:
        rng = np.random.default_rng([self.seed, index])
        height, width = self.side + rng.integers(0, self.side // 8 + 1, 2)
        return scene(int(height), int(width), rng)


@dataclass(frozen=True)
class Photographs:
    """Photographs in linear light, reduced by area and, where they are small, tiled edge to edge."""

    paths: tuple[Path, ...]
    side: int
    seed: int
    reduction: int = REDUCTION

    def describe(self) -> str:
        return (
            f"{len(self.paths)} photographs in linear light, reduced by {self.reduction} (area), turned and mirrored, "
            f"tiled edge to edge to {self.side} pixels a side ({fingerprint(self.paths)})"
        )

    def get(self, index: int) -> Picture:
        rng = np.random.default_rng([self.seed, index])
        wall = np.empty((self.side, self.side, 3), np.float32)
        top = 0
        while top < self.side:
            left, row = 0, self.side
            while left < self.side:
                tile = self._tile(rng)
                # The first tile sets its row's height; the others are cut to it, or leave it shorter.
                row = min(row, tile.shape[0]) if left else min(tile.shape[0], self.side - top)
                part = wall[top : top + row, left : left + tile.shape[1]]
                part[:] = tile[:row, : part.shape[1]]
                left += tile.shape[1]
            top += row
        return wall

    def _tile(self, rng: np.random.Generator) -> Picture:
        path = self.paths[int(rng.integers(len(self.paths)))]
        tile = reduced(linear_rgb(path), self.reduction)
        if tile.shape[0] > tile.shape[1]:
            tile = tile.transpose(1, 0, 2)
        return tile[:: int(rng.choice((-1, 1))), :: int(rng.choice((-1, 1)))]


@dataclass(frozen=True)
class Kept:
    """Pictures kept in a folder as 16-bit PNG, so that a later run need not make them again."""

    source: Pictures
    folder: Path

    def describe(self) -> str:
        return self.source.describe()

    def get(self, index: int) -> Picture:
        path = self.folder / f"{index:04d}.png"
        if not path.is_file():
            encoded = np.rint(self.source.get(index)[..., ::-1] * 65535).astype(np.uint16)
            write_bytes(path, cv2.imencode(".png", encoded)[1].tobytes(), overwrite=True)
        stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if stored is None:
            raise FileError(path, "is not a picture; delete it")
        return np.asarray(stored[..., ::-1], np.float32) / np.float32(65535)


def photographs(folders: Sequence[Path], side: int, seed: int) -> Photographs:
    """Those below `folders`. Raises RclError where a path cannot be used."""
    found, errors = find_files(folders)
    if errors:
        raise errors[0]
    if not found:
        raise RclError("there are no photographs to simulate raws from")
    return Photographs(tuple(file.path for file in found), side, seed)


def reduced(picture: Picture, by: int) -> Picture:
    """The means of `by`×`by` pixels; what is left over at the right and bottom is cut off.

    >>> reduced(np.array([[[1.0], [3.0], [9.0]], [[5.0], [7.0], [9.0]]], np.float32), 2).tolist()
    [[[4.0]]]
    """
    height, width, channels = picture.shape[0] // by, picture.shape[1] // by, picture.shape[2]
    blocks = picture[: height * by, : width * by].reshape(height, by, width, by, channels)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def linear_rgb(path: Path) -> Picture:
    """(H, W, 3) linear sRGB of a photograph. Raises FileError where it is a raw or cannot be read."""
    frame = read_frame(path)
    if not isinstance(frame, RgbFrame):
        raise FileError(path, "is a raw; the benchmark simulates raws from clean RGB pictures")
    return frame.rgb
