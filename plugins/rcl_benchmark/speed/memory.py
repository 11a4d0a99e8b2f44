"""The most memory that a process and those below it take, as Linux counts it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PROC = Path("/proc")
_EVERY_S = 0.02


class Peak:
    """High-water marks of the resident memory of processes."""

    def __init__(self) -> None:
        self._kib: dict[int, int] = {}

    def look(self, pid: int) -> None:
        """At a process and those below it."""
        for one in family(pid):
            self._kib[one] = max(_high_water_kib(one), self._kib.get(one, 0))

    @property
    def mib(self) -> float | None:
        """Of all processes, added: at most so much at a time. None where nothing could be seen."""
        return round(sum(self._kib.values()) / 1024, 1) if any(self._kib.values()) else None

    @staticmethod
    def settle() -> None:
        """Wait until whoever watches this process has looked once more."""
        time.sleep(3 * _EVERY_S)


def watched(pid: int, lives: Callable[[], bool]) -> float | None:
    """`Peak.mib` of a process, seen from outside until it ends."""
    peak = Peak()
    while lives():
        peak.look(pid)
        time.sleep(_EVERY_S)
    return peak.mib


def family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        tasks = list((_PROC / str(pid) / "task").iterdir())
        below = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (OSError, ValueError):  # it has ended, or this is not Linux
        return
    for child in below:
        yield from family(child)


def _high_water_kib(pid: int) -> int:
    try:
        status = (_PROC / str(pid) / "status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
