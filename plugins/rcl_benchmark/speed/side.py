"""What is measured: sides of a case, which take turns so that a busy machine is busy for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Work = Callable[[], Any]
"""What is timed. It may return what it found, to be compared: an array, or None."""
Prepare = Callable[..., Work]
"""Makes what is timed, from the arguments of a side; a function of a module, which other processes can find."""


@dataclass(frozen=True)
class Side:
    """One thing that takes time: a program that is started, or work in this process."""

    name: str
    command: tuple[str, ...] = ()
    """The program and its arguments; where there is none, `prepare` says what is timed."""
    prepare: Prepare | None = None
    arguments: tuple[Any, ...] = ()
    amount: float = 1.0
    """How much of the case's unit it does; times are compared for the same amount."""
    fresh: tuple[str, ...] = ()
    """Folders that `command` fills, removed before each time."""
    status: int = 0
    """The exit status that `command` has where all is well."""
    operations: float | None = None
    """Multiplications of a network, in all; None: not counted."""


@dataclass(frozen=True)
class Case:
    """Sides that are compared."""

    part: str
    name: str
    unit: str
    """Of `Side.amount`, in the singular."""
    sides: tuple[Side, ...]
    base: str
    """Name of the side whose time is 1."""
    inputs: Callable[[], object] | None = None
    """Makes the files that sides read."""
    one_core: bool = False
    """Measured with one thread."""
    warm: bool = True
    """All sides work once before the first time that counts."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    megapixels: float = 24.0
    crop: float = 2.0
    """Megapixels for tools that would take minutes, or gigabytes, for a whole raw."""
    repeats: int = 5
    pairs: int = 64
    """The matrix of distances has so many rows and columns."""
    patch: int = 128
    """Side of its patches of three planes."""
    batch: int = 16
    files: tuple[int, ...] = (10, 100, 1_000, 10_000)
    raws: int = 3
    """Raws that `rcl apply` does in one run."""
    memory: bool = True
    """Each side is done once more, alone, to see what memory it takes."""


QUICK = Size(0.1, 0.04, repeats=1, pairs=6, patch=16, batch=2, files=(2, 6), raws=1, memory=False)
"""Seconds, to see that it works."""
