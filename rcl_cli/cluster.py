"""Work on many files, divided among the workers of a dask cluster that is there already."""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from rcl_cli.errors import RclError

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Sequence[T]], list[R]]
CONNECT_S, WORKERS_S = 10, 60
"""How long the scheduler and its first worker are waited for."""
_MOST, _ROUNDS = 16, 4
"""Items in a task at most, and tasks for each worker at least, so that all of them end at about the same time."""
_ADDRESS = re.compile(r"(?:(?:tcp|tls|wss?|ucx)://)?(\[[\w:.%]+\]|[^:/@\[\]\s]+):([0-9]{1,5})")
_one_at_a_time = threading.Lock()


class Refused(Generic[R]):
    """Instead of results: no worker has lived through this item."""

    reason = "ended every worker that had it; see the workers' logs"


class Cluster:
    """Made by `connected`."""

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address

    def results(self, work: Work[T, R], items: Sequence[T]) -> Iterator[tuple[T, R | Refused[R]]]:
        """`work` on all items, some at a time, as it gets done: each item and what became of it.

        `work` gives a result for each of the items that it gets, on a worker, which imports it by its name. What a
        worker had that has died is done by another one. Raises RclError where `work` does, where the workers cannot do
        it at all, or the scheduler is lost.
        """
        from distributed import as_completed

        batches = _divided(items, len(self._client.nthreads()))
        waiting = {self._submit(work, batch): batch for batch in batches}
        suspects: list[T] = []
        completed = as_completed(list(waiting), loop=self._client.loop)
        try:
            for future in completed:
                batch = waiting.pop(future)
                found: Sequence[R | Refused[R]] | None = self._found(future, batch)
                if found is None and len(batch) == 1:
                    suspects += batch
                elif found is None:  # one of them ends workers: each is tried by itself
                    again = {self._submit(work, [item]): [item] for item in batch}
                    waiting |= again
                    completed.update(list(again))
                else:
                    yield from zip(batch, found, strict=True)
            # Whatever waits at a worker that dies is blamed for it. While nothing else does, there is but one to blame.
            for item in suspects:
                found = self._found(self._submit(work, [item]), [item])
                yield item, found[0] if found else Refused()
        finally:
            self._client.cancel(list(waiting))

    def _submit(self, work: Work[T, R], batch: Sequence[T]) -> Any:
        return self._client.submit(_on_worker, work, batch, pure=False)

    def _found(self, future: Any, batch: Sequence[T]) -> Sequence[R | Refused[R]] | None:
        from concurrent.futures import CancelledError

        from distributed.scheduler import KilledWorker

        try:
            words, found = future.result()
        except KilledWorker:
            return None
        except (ImportError, AttributeError) as error:
            raise RclError(
                f"the workers of {self._address} lack this version of rcl or a part of it: {error}"
            ) from error
        except (CancelledError, OSError) as error:
            raise RclError(
                f"the scheduler {self._address} was lost; what is done is kept, so run the same command again"
            ) from error
        if words:
            raise RclError(words)
        results: Sequence[R] = found
        return results


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster whose scheduler has this address, such as "tcp://host:8786"; nothing of it is left behind.

    Raises RclError where dask.distributed is not installed, and where scheduler or workers do not answer in time.
    """
    place = host_and_port(address)
    try:
        from distributed import Client
    except ImportError as error:
        raise RclError("--dask needs dask.distributed, which is not installed; pip install 'rcl-cli[dask]'") from error
    # They tell of lost connections by themselves, at length; what these come to is said in a sentence.
    # dask gives each of these a level of its own.
    for talker in ("distributed", "distributed.client", "distributed.gc", "tornado.application"):
        logging.getLogger(talker).setLevel(logging.CRITICAL)
    _try(address, *place)
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RclError(f"what answers at {address!r} is no dask scheduler of a version like ours") from error
    try:
        try:
            client.wait_for_workers(1, timeout=WORKERS_S)
        except (OSError, TimeoutError) as error:
            raise RclError(f"the dask scheduler {address!r} has no workers; start some with `dask worker`") from error
        yield Cluster(client, address)
    finally:
        client.close(timeout=CONNECT_S)


def host_and_port(address: str) -> tuple[str, int]:
    """Of a scheduler. Raises RclError for what is no address of one.

    >>> host_and_port("node1:8786"), host_and_port("tls://[::1]:8786")
    (('node1', 8786), ('::1', 8786))
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[2]) < 1 << 16:
        raise RclError(f"a dask scheduler is named as HOST:PORT, such as node1:8786, not {address!r}")
    return found[1].strip("[]"), int(found[2])


def _try(address: str, host: str, port: int) -> None:
    """Raises RclError where nothing listens: dask itself has more to say of that than a sentence."""
    try:
        socket.create_connection((host, port), timeout=CONNECT_S).close()
    except (OSError, OverflowError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RclError(f"the dask scheduler {address!r} cannot be reached ({said}); is it running?") from error


def _divided(items: Sequence[T], workers: int) -> list[Sequence[T]]:
    size = max(1, min(_MOST, len(items) // (_ROUNDS * max(1, workers))))
    return [items[start : start + size] for start in range(0, len(items), size)]


def _on_worker(work: Work[T, R], batch: Sequence[T]) -> tuple[str, list[R]]:
    """The results, or why there are none. A process is at one batch at a time, with all its cores."""
    try:
        with _one_at_a_time:
            return "", work(batch)
    except RclError as error:  # whose kinds cannot all be sent
        return str(error), []
