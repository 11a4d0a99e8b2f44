"""Dividing a batch among machines: each file belongs to one shard, by its name alone, so that nobody has to ask."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.errors import RclError

_SLURM = ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT")
_TORCHRUN = ("RANK", "WORLD_SIZE")


@dataclass(frozen=True)
class Shard:
    """The `number`-th of `count` parts, counted from 1. Raises RclError where there is no such part."""

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            last = f"{self.count}/{self.count}"
            raise RclError(f"there is no shard {self.number}/{self.count}; they are 1/{self.count} to {last}")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def named(cls, words: str) -> Shard:
        """From "I/N". Raises RclError for anything else.

        >>> Shard.named("2/8")
        Shard(number=2, count=8)
        """
        found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", words, re.ASCII)
        if found is None or int(found[2]) < 1:
            raise RclError(f"a shard is I/N, such as 1/8 for the first of eight, not {words!r}")
        return cls(int(found[1]), int(found[2]))

    def has(self, relative: Path) -> bool:
        """Whether a file, by its path below the folder that was named, belongs to this part.

        What other files there are, and which results, makes no difference.
        """
        name = os.fsencode(relative.as_posix())
        return int.from_bytes(hashlib.sha256(name).digest()[:8], "big") % self.count == self.number - 1


def shard_here(environment: Mapping[str, str] = os.environ) -> tuple[Shard, str] | None:
    """The part that SLURM or torchrun gives to this process, and the variable that says so; None outside of both.

    Elements of a SLURM array may begin anywhere and be apart. Raises RclError for variables that make no sense.
    """
    if all(name in environment for name in _SLURM):
        told = {"SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_STEP": "1", **environment}
        first, step = _number(told, "SLURM_ARRAY_TASK_MIN"), _number(told, "SLURM_ARRAY_TASK_STEP")
        place = (_number(environment, _SLURM[0]) - first) // max(step, 1)
        return _part(place, _number(environment, _SLURM[1]), _SLURM[0])
    if all(name in environment for name in _TORCHRUN):
        rank, world = (_number(environment, name) for name in _TORCHRUN)
        return _part(rank, world, _TORCHRUN[0])
    return None


def _part(place: int, count: int, variable: str) -> tuple[Shard, str] | None:
    if count == 1:
        return None
    try:
        return Shard(place + 1, count), variable
    except RclError:
        raise RclError(
            f"{variable} says that this is part {place + 1} of {count}, which there is not; say which by --shard I/N"
        ) from None


def _number(environment: Mapping[str, str], name: str) -> int:
    try:
        return int(environment[name])
    except ValueError:
        raise RclError(f"{name} is {environment[name]!r}, no number; say which part this is by --shard I/N") from None
