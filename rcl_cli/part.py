"""Which part of its result a network is asked for: what it makes of the rest of its input is thrown away.

A tile has a halo, of which each layer needs less than the one before. A network may leave out what nobody needs, and
return that part alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

Part = tuple[slice, slice]
"""Rows and columns, in elements of the input."""
_asked = threading.local()


@contextmanager
def asked_for(part: Part | None) -> Iterator[None]:
    """In the block, and in this thread, nothing but `part` counts; None: all does."""
    before = wanted()
    _asked.part = part
    try:
        yield
    finally:
        _asked.part = before


def wanted() -> Part | None:
    """The part that counts; None: all."""
    part: Part | None = getattr(_asked, "part", None)
    return part


def grown(part: Part, by: int, multiple: int, height: int, width: int) -> Part:
    """`part` with `by` more on each side and then out to multiples of `multiple`, within (height, width).

    >>> grown((slice(10, 20), slice(0, 30)), 3, 4, 40, 32)
    (slice(4, 24, None), slice(0, 32, None))
    """
    rows, columns = (
        slice(
            max(0, (side.start - by) // multiple * multiple), min(length, -(-(side.stop + by) // multiple) * multiple)
        )
        for side, length in zip(part, (height, width), strict=True)
    )
    return rows, columns


def within(part: Part, outer: Part) -> Part:
    """Where `part` lies in what was cut at `outer`."""
    rows, columns = (slice(a.start - b.start, a.stop - b.start) for a, b in zip(part, outer, strict=True))
    return rows, columns


def outer(part: Part, upsample: int) -> Part:
    """Where `part` lies in a result with so many elements for each of the input, along each axis."""
    rows, columns = (slice(side.start * upsample, side.stop * upsample) for side in part)
    return rows, columns


def size(part: Part) -> tuple[int, int]:
    """Its height and width."""
    rows, columns = part
    return rows.stop - rows.start, columns.stop - columns.start
