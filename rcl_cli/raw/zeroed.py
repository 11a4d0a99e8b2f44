"""Raws of which a part of the rows is exactly zero, as decoders leave what is missing from a damaged file."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

_LEAST_PART = 0.1
"""Of the rows, next to one another: a picture of 16:9 on a sensor of 3:2 leaves 8 % of them at each edge."""
_STEP = 61
"""Columns between those looked at first; no multiple of a colour filter pattern."""


def say_zeroed(path: Path, values: NDArray[Any]) -> None:
    """Warn of a large part of rows of `values`, (H, W) or (H, W, S) as decoded, that is nothing but zeros.

    Frames in the dark have noise, a black level or hot pixels, and no such part.
    """
    start, end = zero_rows(values)
    if end - start >= _LEAST_PART * len(values):
        _say(path, f"rows {start + 1} to {end} of {len(values)} are nothing but zeros")


def zero_rows(values: NDArray[Any]) -> tuple[int, int]:
    """The longest run of rows that are all zero: its first one, and the one behind its last; (0, 0) without any.

    >>> zero_rows(np.array([[0, 0], [1, 2], [0, 0], [0, 0], [0, 3]]))
    (2, 4)
    """
    across = tuple(range(1, values.ndim))
    zero = np.asarray(~values[:, ::_STEP].any(axis=across))
    zero[zero] = ~values[zero].any(axis=across)
    edges = np.flatnonzero(np.diff(zero, prepend=False, append=False))
    runs = edges.reshape(-1, 2).tolist()
    start, end = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
    return start, end


@lru_cache(maxsize=4096)
def _say(path: Path, what: str) -> None:
    """Once of each file."""
    log.warning("%s: %s, so that its pixel data is damaged or missing there; copy it from the card again", path, what)
