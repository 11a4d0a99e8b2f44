"""Large arrays on the disk, in files without a name: only what is in use of them takes memory."""

from __future__ import annotations

import mmap
import os
import tempfile
from math import prod
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

LARGE = 320 << 20
"""Bytes from which on an array lies on the disk: the result of demosaic for 28 megapixels."""
_held: WeakValueDictionary[int, mmap.mmap] = WeakValueDictionary()
"""By their first address, as long as an array uses them."""


def new_array(shape: tuple[int, ...], *, large: int | None = None) -> Float:
    """An array to be filled, in the system's folder for temporary files if it has `large` bytes or more, or `LARGE`.

    In memory, too, where there is no room for it on the disk, or the system cannot let go of pages of files.
    """
    size = prod(shape) * np.dtype(np.float32).itemsize
    able = hasattr(os, "posix_fallocate") and hasattr(mmap, "MADV_DONTNEED")
    if able and size >= (LARGE if large is None else large):
        try:
            with tempfile.TemporaryFile(prefix="rcl-") as file:
                # At once: a disk that gets full later would end the process.
                os.posix_fallocate(file.fileno(), 0, size)
                held = mmap.mmap(file.fileno(), size)
        except OSError:
            pass
        else:
            array = np.frombuffer(held, np.float32).reshape(shape)
            _held[_address(array)] = held
            return array
    return np.empty(shape, np.float32)


def let_go(array: Float) -> None:
    """Take no memory for what `array` is a part of, if that lies on the disk, until it is used again."""
    address = _address(array)
    for start, held in list(_held.items()):
        if start <= address < start + len(held):
            held.madvise(mmap.MADV_DONTNEED)


def _address(array: Float) -> int:
    return int(array.__array_interface__["data"][0])
