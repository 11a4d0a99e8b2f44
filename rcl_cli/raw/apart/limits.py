"""How long reading one file may take, and how much memory; set in the process that reads, by its system."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from rcl_cli.errors import RclError

GIB = 1 << 30
MEMORY_GIB = 4.0
"""Half of the machine's memory where that is less. Enough for RGB pictures of 150 megapixels and raws of 400."""
SECONDS, SECONDS_PER_MB = 30.0, 1.0
HAS_ALARMS = hasattr(signal, "setitimer")
_MEMORY, _SECONDS = "RCL_READ_MEMORY", "RCL_READ_SECONDS"


@dataclass(frozen=True)
class Limits:
    """Of one file."""

    seconds: float
    memory: int
    """Bytes."""


def limits_of(path: Path) -> Limits:
    """Of a file of this size. RCL_READ_MEMORY (GiB) and RCL_READ_SECONDS replace what is usual.

    Raises RclError where they are no numbers above 0.
    """
    try:
        size = path.stat().st_size
    except OSError:  # reading it will say what is wrong with it
        size = 0
    memory = _given(_MEMORY)
    seconds = _given(_SECONDS)
    return Limits(
        SECONDS + SECONDS_PER_MB * size / 1e6 if seconds is None else seconds,
        int(GIB * memory) if memory else min(int(GIB * MEMORY_GIB), _installed() // 2),
    )


def limit_memory(memory: int) -> None:
    """Let this process take so many bytes beside what it has; where the system cannot be asked for that, all it wants.

    On Linux alone: elsewhere there is no such limit, or the system ignores it.
    """
    if sys.platform != "linux":
        return
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text().split()[5])
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        wanted = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))
    except (OSError, ValueError, IndexError):
        return


def end_after(seconds: float) -> None:
    """End this process after so long, whatever it is at then; 0: do not. Nothing where there are no such alarms."""
    if HAS_ALARMS:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _installed() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return int(2 * GIB * MEMORY_GIB)


def _given(name: str) -> float | None:
    text = os.environ.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (value > 0 and isfinite(value)):
        raise RclError(f"{name} must be a number above 0, not {text!r}")
    return value
