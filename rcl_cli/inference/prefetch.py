"""Work ahead: the next file is decoded while the network is busy with this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Callable[[], Result]]]:
    """Each item with a call that returns `function(item)`, or raises what it raised; always one item ahead.

    At most two results exist at a time: the one in use and the next.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as pool:
        waiting: tuple[Item, Future[Result]] | None = None
        for item in items:
            coming = (item, pool.submit(function, item))
            if waiting is not None:
                yield waiting[0], waiting[1].result
            waiting = coming
        if waiting is not None:
            yield waiting[0], waiting[1].result
