"""Work on a picture strip by strip, on several of them at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")
_MOST, _MOST_PIXELS, _LEAST = 4, 3 << 20, 64
"""Strips at a time, pixels of one: each takes memory for what is worked out on the way. And rows that pay."""


def by_strips(work: Callable[[int, int], Found], size: tuple[int, int], rows: int) -> list[Found]:
    """`work(start, stop)` of every strip of a picture of this `size`, height and width, from the top on.

    `rows`: of a strip, fewer where the picture is very wide.

    >>> by_strips(lambda start, stop: stop - start, (10, 3), 4)
    [4, 4, 2]
    """
    height, width = size
    rows = min(rows, max(_MOST_PIXELS // max(width, 1), _LEAST))
    starts = range(0, height, rows)
    with ThreadPoolExecutor(min(_MOST, os.cpu_count() or 1), "strip") as threads:
        return list(threads.map(lambda start: work(start, min(start + rows, height)), starts))
