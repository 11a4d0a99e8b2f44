"""Work on a picture strip by strip, on several of them at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")
_MOST = 4
"""Strips at a time: each takes memory for what is worked out on the way."""


def by_strips(work: Callable[[int, int], Found], height: int, rows: int) -> list[Found]:
    """`work(start, stop)` of every strip of so many rows, from the top on.

    >>> by_strips(lambda start, stop: stop - start, 10, 4)
    [4, 4, 2]
    """
    starts = range(0, height, rows)
    with ThreadPoolExecutor(min(_MOST, os.cpu_count() or 1), "strip") as threads:
        return list(threads.map(lambda start: work(start, min(start + rows, height)), starts))
