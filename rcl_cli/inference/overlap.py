"""Work on several files at a time: the next is read, and the last one written, while the network is busy with this."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import NoReturn, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Made = TypeVar("Made")


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


def behind(
    function: Callable[[Item, Made], Result],
    items: Iterable[tuple[Item, Callable[[], Made]]],
    alone: Callable[[Made], bool] = lambda made: False,
) -> Generator[tuple[Item, Callable[[], Result]], None, None]:
    """Each item with a call that returns `function(item, made())`, or raises what either raised.

    `made` is called here, `function` in another thread while the next is made; so an item comes when the next one has
    been made. Where that is too large for both to be there (`alone`), the next is not made before `function` is done.
    Whatever ends this, what `function` has begun it finishes.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="behind") as pool:
        waiting: tuple[Item, Callable[[], Result]] | None = None
        for item, made in items:
            coming: Callable[[], Result]
            try:
                value = made()
                future = pool.submit(function, item, value)
                if alone(value):
                    wait([future])
                del value
                coming = future.result
            except Exception as error:
                coming = partial(_fail, error)
            if waiting is not None:
                yield waiting
            waiting = item, coming
        if waiting is not None:
            yield waiting


def _fail(error: Exception) -> NoReturn:
    raise error
