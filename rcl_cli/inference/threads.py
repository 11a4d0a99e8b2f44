"""Several tiles at a time, each by one thread: convolutions share nothing then, and wait for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

import torch


@contextmanager
def single_threads(count: int) -> Iterator[Executor]:
    """`count` threads in which torch uses no others; what waits when the block fails is not begun."""
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(count, "tile", initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)  # the threads' own is what later ones would begin with
