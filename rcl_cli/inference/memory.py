"""Memory of a network at work: how large tiles may be, and that pages once used are used again. Torch-free."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

from rcl_cli.domain import Domain
from rcl_cli.models.facts import Work

_GIB = 1 << 30
_SMALLEST = 64
_WINDOW = 576
"""Elements a side of what the network sees on a CPU: more would take more memory, less repeat more of the work."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Of glibc's malloc.h."""


@dataclass(frozen=True)
class Layers:
    """What the memory of a network depends on."""

    feature_channels: int
    multiple: int
    """As `Network.multiple`."""


def tile_size(
    layers: Layers, task: Work, domain: Domain, halo: int, *, budget: int | None = None, cpu: bool = True
) -> int:
    """The largest side of a tile's core, in elements, with which the network stays inside the memory budget.

    `budget`: bytes; None: `memory_budget`. On a CPU it is the same for every machine with enough memory, and so is the
    result, bit for bit. At least 64 elements, whatever the memory: applying a network shrinks tiles further where that
    is too many.
    """
    window = int(((budget or memory_budget()) / bytes_per_element(layers, task, domain)) ** 0.5)
    if cpu:
        window = min(window, max(_WINDOW, 6 * halo))
    return max(window - 2 * halo, _SMALLEST) // layers.multiple * layers.multiple


def tiles_at_once(layers: Layers, task: Work, domain: Domain, window: int, threads: int) -> int:
    """How many tiles, each seeing `window` elements a side, are worked on at a time on a CPU: one a thread.

    Fewer where their memory together would be beyond the budget.
    """
    together = memory_budget() // (window**2 * bytes_per_element(layers, task, domain))
    return max(1, min(threads, together))


def bytes_per_element(layers: Layers, task: Work, domain: Domain) -> int:
    """An estimate of the memory that a forward pass takes for each input element.

    Alive at the widest point of a network are about eight maps of `width` channels at full size, those below included;
    at its end about four of the prediction. Measured on the CPU, it is right within a factor of two.
    """
    prediction = task.output(domain).channels * task.upsample(domain) ** 2
    return 4 * (8 * layers.feature_channels + 4 * prediction)


def memory_budget() -> int:
    """Bytes that a forward pass may take, where the device does not say what is free: a quarter, at most 1 GiB."""
    return min(_GIB, _free_memory() // 4)


def _free_memory() -> int:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not Linux: no way to ask without another library
        return 4 * _GIB


def give_back_freed_memory() -> None:
    """Return to the system what `keep_freed_memory` kept so far, where that can be asked for (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


def keep_freed_memory() -> bool:
    """Let this process keep what it frees, where the C library can be asked to (glibc); whether it could.

    Each layer of a network asks for tens of megabytes and the one before gives as many back. By default glibc returns
    them to the system each time, and a quarter of the processor's time went into clearing new pages.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is None:
        return False
    # Only the first arena grows beyond 64 MB, so all threads have to share it.
    return bool(
        mallopt(_M_MMAP_THRESHOLD, _GIB) and mallopt(_M_TRIM_THRESHOLD, 2 * _GIB - 1) and mallopt(_M_ARENA_MAX, 1)
    )
