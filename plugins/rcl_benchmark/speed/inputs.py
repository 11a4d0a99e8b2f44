"""Simulated raws to measure on, made once in the work folder."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.samples.camera import SAMPLE_CAMERA
from rcl_cli.samples.scenes import scene

_ISO = 800.0
_SCENE = 1000
"""Pixels a side of the scene that a large raw repeats, mirrored: scenes take longer than raws."""


def raw_path(folder: Path, megapixels: float, number: int = 0) -> Path:
    """Where `raw_file` puts it."""
    height, width = _size(megapixels)
    return folder / f"raw-{width}x{height}-{number}.dng"


def raw_file(folder: Path, megapixels: float, number: int = 0) -> Path:
    """A DNG of a Bayer raw with noise, 3:2, about so large; the one that is there if it is."""
    path = raw_path(folder, megapixels, number)
    if not path.is_file():
        height, width = _size(megapixels)
        rng = np.random.default_rng([17, number])
        seen = scene(min(height, _SCENE), min(width, _SCENE), rng)
        beyond = ((0, height - seen.shape[0]), (0, width - seen.shape[1]), (0, 0))
        folder.mkdir(parents=True, exist_ok=True)
        write_dng(path, SAMPLE_CAMERA.expose(np.pad(seen, beyond, "symmetric"), _ISO, CFA.bayer("RGGB"), rng))
    return path


def _size(megapixels: float) -> tuple[int, int]:
    height = max(64, round((megapixels * 1e6 / 1.5) ** 0.5) // 2 * 2)
    return height, height * 3 // 2 // 2 * 2


def copied(folder: Path, file: Path, count: int) -> Path:
    """Where `copies` puts them."""
    return folder / f"{file.stem}-{count}"


def copies(folder: Path, file: Path, count: int) -> Path:
    """A folder below `folder` with so many links to one file, or copies where the system has no links."""
    made = copied(folder, file, count)
    made.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        link = made / f"{number:05d}{file.suffix}"
        if not link.exists():
            _link(file, link)
    return made


def _link(file: Path, link: Path) -> None:
    try:
        os.link(file, link)
    except OSError:
        link.write_bytes(file.read_bytes())
