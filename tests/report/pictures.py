"""Small pictures, and results that say of which file they were made."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.record import Record, source_digest
from rcl_cli.raw.write import write_picture


def picture(path: Path, seed: int, source: Path | None = None) -> Path:
    """A PNG; with `source`, a result of rcl that was made of it."""
    rgb = np.random.default_rng(seed).random((8, 12, 3)).astype(np.float32)
    record = Record("denoise", "head", "abc", source=source_digest(source)) if source else None
    write_picture(path, Picture.from_frame(RgbFrame(rgb), rgb, record=record))
    return path
