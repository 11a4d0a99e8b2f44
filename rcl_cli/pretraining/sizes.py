"""Crops that are larger than the pictures: what is asked for, and which crop would do instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rcl_cli.data.regions import SmallPicture, packed_frame
from rcl_cli.errors import FileError, RclError
from rcl_cli.pretraining.parts import Parts
from rcl_cli.raw.guarded import read_frame

_NEEDED = 2
"""Pictures that a run has at least."""


def advised(parts: Parts, error: FileError) -> FileError:
    """What is wrong with a picture; of one that is too small also which crop would do for it."""
    if not isinstance(error, SmallPicture):
        return error
    needed = parts.least_side() * error.domain.pixels
    reason = f"is smaller than {needed}×{needed} pixels, which --crop {parts.settings.crop} needs"
    crop = parts.largest_crop(error.side)
    return FileError(error.path, f"{reason}; {f'--crop {crop} would do, or ' if crop else ''}leave it out")


def all_too_small(parts: Parts, small: Sequence[SmallPicture], large: int) -> RclError | None:
    """Why there is no run; None where pictures that are large enough, of which there are `large`, would do for one.

    `small`: those that are not.
    """
    if large >= _NEEDED or len(small) + large < _NEEDED:
        return None
    sides = sorted((error.side for error in small), reverse=True)
    domain = max(small, key=lambda error: error.side).domain
    needed = parts.least_side() * domain.pixels
    which = "all pictures are" if not large else "all pictures but one are"
    said = f"{which} smaller than {needed}×{needed} pixels, which --crop {parts.settings.crop} needs"
    crop = parts.largest_crop(sides[_NEEDED - 1 - large])
    return RclError(f"{said}; {f'--crop {crop} would do' if crop else 'no --crop is small enough'}")


def too_small_to_plan(parts: Parts, paths: Iterable[Path]) -> RclError | None:
    """As `all_too_small`, of files that were not cut yet: they are decoded until there are enough large ones."""
    small: list[SmallPicture] = []
    large = 0
    for path in paths:
        try:
            frame = read_frame(path, linear=parts.settings.linear)
            side = min(packed_frame(frame).shape[1:])
        except RclError:
            continue
        if side >= parts.least_side():
            large += 1
        else:
            small.append(SmallPicture(path, "is too small", side, frame.domain))
        if large == _NEEDED:
            return None
    return all_too_small(parts, small, large)
