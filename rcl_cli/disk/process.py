"""Which process something belongs to, so that what an ended one left can be told from what is in use."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ENDED = "ZX"
"""States of a process that has ended and that nobody has asked after yet, as Linux has them."""


@dataclass(frozen=True)
class Process:
    """A process, on whatever machine."""

    host: str
    """Eight hexadecimal digits by the machine's name and, in a container, the container."""
    pid: int
    started: int
    """Clock ticks after the machine's start: numbers of processes are used again. 0 where the system does not tell."""

    @classmethod
    def this(cls) -> Process:
        """The one that asks; a forked copy is another."""
        return _of(os.getpid())

    def ended(self) -> bool | None:
        """Whether it runs no more; None where that cannot be known from here: it belongs to another machine."""
        if self.host != _host() or sys.platform == "win32":  # os.kill would end it there
            return self != Process.this() and None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # another user's
            pass
        now, state = _stat(self.pid)
        return state in _ENDED if state and now == self.started else bool(now)


@cache
def _of(pid: int) -> Process:
    return Process(_host(), pid, _stat(pid)[0])


@cache
def _host() -> str:
    try:
        container = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 (it is no path)
    except OSError:
        container = ""
    return hashlib.sha256(f"{platform.node()}\0{container}".encode(errors="replace")).hexdigest()[:8]


def _stat(pid: int) -> tuple[int, str]:
    """When it started and its state; (0, "") where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return 0, ""
    # The second field is the program's name in parentheses, which may hold anything.
    fields = text.rpartition(")")[2].split()
    return int(fields[19]), fields[0]
