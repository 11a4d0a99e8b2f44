"""DNGs with any tags, written by tifffile: independent of our own writer."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from rcl_cli.raw.cfa import CFA

Tag = tuple[int, str | int, int, Any, bool]

LINEAR_RAW = 34892


def numbers(code: int, *values: int) -> Tag:
    """Unsigned 32 bit values."""
    return code, "I", len(values), values if len(values) > 1 else values[0], True


def shorts(code: int, *values: int) -> Tag:
    """Unsigned 16 bit values."""
    return code, "H", len(values), values if len(values) > 1 else values[0], True


def octets(code: int, *values: int) -> Tag:
    """Unsigned 8 bit values."""
    return code, "B", len(values), bytes(values), True


def fractions(code: int, *values: float, signed: bool = False) -> Tag:
    """Rationals, of at least 0 unless `signed`."""
    ratios = (Fraction(value).limit_denominator(1_000_000).as_integer_ratio() for value in values)
    return code, "2i" if signed else "2I", len(values), tuple(chain.from_iterable(ratios)), True


def write_dng_file(path: Path, values: Any, *tags: Tag, cfa: CFA | None = None, **layout: Any) -> None:
    """(H, W) with `cfa`, or (H, W, 3) as a linear raw; `tags` replace those that every file has.

    `layout`: how tifffile is to store the values.
    """
    own: list[Tag] = [octets(50706, 1, 4, 0, 0), (50708, "s", 0, "Tester", True)]
    if cfa is not None:
        p = cfa.period
        own += [shorts(33421, p, p), octets(33422, *cfa.colors(p, p).ravel().tolist())]
    given = {tag[0] for tag in tags}
    tifffile.imwrite(
        path,
        values,
        photometric="cfa" if cfa is not None else LINEAR_RAW,
        extratags=[*(tag for tag in own if tag[0] not in given), *tags],
        metadata=None,
        software=False,
        **layout,
    )


def black_of(pattern: NDArray[Any], shape: tuple[int, int], rows: Any = 0.0, columns: Any = 0.0) -> Any:
    """(H, W) black levels by the specification: pattern (R, C) repeated, plus one a row, plus one a column."""
    height, width = shape
    y, x = np.mgrid[:height, :width]
    deltas = np.broadcast_to(rows, height)[y] + np.broadcast_to(columns, width)[x]
    return pattern[y % pattern.shape[0], x % pattern.shape[1]] + deltas
