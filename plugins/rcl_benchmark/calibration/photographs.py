"""Raws' scenes from photographs: one each, or sheets of six, with little noise of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rcl_benchmark.calibration.pictures import Picture, linear_rgb
from rcl_cli.data.fingerprint import fingerprint
from rcl_cli.errors import RclError
from rcl_cli.raw.folder import find_files
from rcl_cli.raw.srgb import srgb_encode

LARGE = 1_500_000
"""Pixels of a photograph from which on it is reduced: smaller ones have been, or have little to lose."""
REDUCTION = (2.0, 3.5)
"""Factor of each side of a large one, uniform."""
MOST_PIXELS = 2_500_000
"""Reduced further where it is still larger."""
OWN_NOISE = 0.4
"""σ of a photograph's own noise, of 255; where it has more, it is reduced further: below 0.5 % of the variance."""
LEAST_PIXELS = 80_000
"""Left out where that leaves fewer."""
ROWS, COLUMNS = 2, 3
_SQUARE = 8
_FLAT = 0.1


@dataclass(frozen=True)
class Singles:
    """Single photographs in linear light, turned and mirrored; each once before one comes again."""

    paths: tuple[Path, ...]
    least: tuple[float, ...]
    """Factor that each is reduced by at least, for its own noise."""
    left_out: int
    """Photographs that are too noisy for their size."""
    seed: int

    def describe(self) -> str:
        return (
            f"{len(self.paths)} photographs in linear light, from {LARGE / 1e6:g} MP on reduced by {REDUCTION[0]:g} to "
            f"{REDUCTION[1]:g} (area), and {sum(factor > 1 for factor in self.least)} more than that for their own "
            f"noise, turned and mirrored ({fingerprint(self.paths)}); {self.left_out} are too noisy for their size"
        )

    def get(self, index: int) -> Picture:
        """(H, W, 3) linear sRGB in [0, 1]."""
        return self.nth(index, np.random.default_rng([self.seed, index, 1]))

    def which(self, number: int) -> int:
        """Of `paths`, whose turn it is."""
        order = np.random.default_rng([self.seed, number // len(self.paths)]).permutation(len(self.paths))
        return int(order[number % len(self.paths)])

    def nth(self, number: int, rng: np.random.Generator) -> Picture:
        """The photograph whose turn it is."""
        which = self.which(number)
        picture = linear_rgb(self.paths[which])
        factor = rng.uniform(*REDUCTION) if _pixels(picture) >= LARGE else 1.0
        picture = _reduced(picture, max(factor, self.least[which], (_pixels(picture) / MOST_PIXELS) ** 0.5))
        if rng.random() < 0.5:
            picture = picture.transpose(1, 0, 2)
        return picture[:: int(rng.choice((-1, 1))), :: int(rng.choice((-1, 1)))]


@dataclass(frozen=True)
class Sheets:
    """Six photographs each, edge to edge, cut to the size of the smallest."""

    singles: Singles

    def describe(self) -> str:
        return f"sheets of {ROWS}×{COLUMNS}: {self.singles.describe()}"

    def get(self, index: int) -> Picture:
        """(H, W, 3) linear sRGB in [0, 1]."""
        rng = np.random.default_rng([self.singles.seed, index, 2])
        parts = [self.singles.nth(index * ROWS * COLUMNS + number, rng) for number in range(ROWS * COLUMNS)]
        rows = [_joined(parts[start : start + COLUMNS], 1) for start in range(0, len(parts), COLUMNS)]
        return _joined(rows, 0)


def singles(folders: Sequence[Path], seed: int) -> Singles:
    """Those below `folders`. Raises RclError where a path cannot be used, or none is clean enough."""
    found, errors = find_files(folders)
    if errors:
        raise errors[0]
    kept = {}
    for file in found:
        picture = linear_rgb(file.path)
        usual = REDUCTION[0] if _pixels(picture) >= LARGE else 1.0
        factor = usual * max(own_noise(_reduced(picture, usual)) / OWN_NOISE, 1.0)
        if _pixels(picture) >= LEAST_PIXELS * factor**2:
            kept[file.path] = factor if factor > usual else 1.0
    if not kept:
        raise RclError("there are no photographs to simulate raws from, or all are too noisy or too small")
    return Singles(tuple(kept), tuple(kept.values()), len(found) - len(kept), seed)


def own_noise(picture: Picture) -> float:
    """σ of the noise that a photograph (H, W, 3), linear sRGB, has itself, of 255 as it is shown; about.

    Means of 2×2 pixels have a quarter of the variance of white noise; detail looks much the same at half the size. Told
    by how neighbours differ in the flattest tenth.
    """
    fine, coarse = (_flattest(srgb_encode(green)) for green in (picture[..., 1], _reduced(picture, 2)[..., 1]))
    return 255 * float(np.sqrt(max(fine - coarse, 0.0) * 4 / 3))


def _flattest(values: Picture) -> float:
    """Mean square of what 2×2 neighbours differ by along both axes, scaled to the variance of white noise."""
    mixed = values[1:, 1:] - values[:-1, 1:] - values[1:, :-1] + values[:-1, :-1]
    rows, columns = (side // _SQUARE for side in mixed.shape)
    if not rows or not columns:
        return 0.0
    squares = np.square(mixed[: rows * _SQUARE, : columns * _SQUARE]).reshape(rows, _SQUARE, columns, _SQUARE)
    return float(np.quantile(squares.mean(axis=(1, 3)), _FLAT)) / 4


def _pixels(picture: Picture) -> int:
    return int(picture.size) // 3


def _reduced(picture: Picture, factor: float) -> Picture:
    if factor <= 1:
        return picture
    size = round(picture.shape[1] / factor), round(picture.shape[0] / factor)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _joined(parts: Sequence[Picture], axis: int) -> Picture:
    """Beside one another along `axis`, cut to the shortest along the other."""
    least = min(part.shape[1 - axis] for part in parts)
    cut = [part[:least] if axis else part[:, :least] for part in parts]
    return np.concatenate(cut, axis=axis)
