"""What steps need, made by threads while the device is at work on the steps before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import torch

T = TypeVar("T")
_MOST_THREADS = 4


def ahead(make: Callable[[int], T], steps: range, device: torch.device) -> Generator[T]:
    """`make(step)` for each of the steps, in their order, made ahead.

    Beside a CPU that trains one thread is at it, beside other devices up to four, each on a step of its own.
    """
    threads = 1 if device.type == "cpu" else max(1, min(_MOST_THREADS, torch.get_num_threads()))
    left = iter(steps)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque(pool.submit(make, step) for step in islice(left, threads))
        while waiting:
            ready = waiting.popleft().result()
            waiting.extend(pool.submit(make, step) for step in islice(left, 1))
            yield ready
