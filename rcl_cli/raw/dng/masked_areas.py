"""The pixels that a DNG's MaskedAreas tag says are kept from light: what black level they show."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.levels import Levels, Planes
from rcl_cli.raw.sensor import Area
from rcl_cli.raw.tags.tiff_tags import TiffTags

log = logging.getLogger(__name__)

_TOLERANCE = 0.002
"""Part of the range by which they may differ from the file's black level without a word."""


def masked_black(
    path: Path, tags: TiffTags, whole: NDArray[np.uint16], area: Area, cfa: CFA, told: Levels
) -> Planes | None:
    """Mean of the masked pixels, DN of R, Gr, Gb, B, where the file tells no black level of its own; else None.

    Where the file tells one, that is the one (DNG specification, MaskedAreas: readers need not measure). If it differs
    from `told` by so much that it would be seen, that is said.
    """
    measured = _mean(tags, whole, cfa.shifted(-area[0], -area[1]))
    if measured is None or tags.raw_numbers("BlackLevel").size == 0:
        return measured
    black = float(told.pattern.mean() + told.rows.mean() + told.columns.mean())
    found = float(np.mean(measured))
    if abs(found - black) > _TOLERANCE * (float(told.white[0]) - black):
        log.warning("%s: its masked pixels show a black level of %.1f; its tag's, %.1f, is used", path, found, black)
    return None


def _mean(tags: TiffTags, whole: NDArray[np.uint16], cfa: CFA) -> Planes | None:
    rectangles = tags.raw_numbers("MaskedAreas")
    totals, counts = np.zeros(4), np.zeros(4)
    for top, left, bottom, right in rectangles[: rectangles.size // 4 * 4].reshape(-1, 4).astype(int).tolist():
        masked = whole[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        planes = cfa.shifted(max(top, 0), max(left, 0)).planes(*masked.shape)
        totals += np.bincount(planes.ravel(), masked.ravel(), 4)
        counts += np.bincount(planes.ravel(), minlength=4)
    if counts[1] == 0:
        return None
    # X-Trans has one green, and a narrow border may lack a colour.
    r, gr, gb, b = np.where(counts > 0, totals / np.maximum(counts, 1), totals[1] / counts[1]).tolist()
    return r, gr, gb, b
