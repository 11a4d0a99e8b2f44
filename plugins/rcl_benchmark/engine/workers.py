"""Processes that compute with one thread each, so that several share the cores, and that end with their parent."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

from rcl_cli.errors import RclError

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GRACE_S = 10
"""What a worker has for the end of its step, and to save where it is."""


@contextmanager
def processes(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Workers, each a process of one thread, started afresh.

    An error or Ctrl-C within the block stops them where they are, and so does the death of this process.
    """
    context = get_context("spawn")
    parent_lives, life = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, _start, (parent_lives,))
    try:
        with _one_thread():
            yield pool
    except BrokenProcessPool as error:
        life.close()
        raise RclError("a worker process ended abruptly, perhaps for want of memory: try fewer --workers") from error
    except BaseException:
        life.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        life.close()
        parent_lives.close()


@contextmanager
def _one_thread() -> Iterator[None]:
    """The processes started meanwhile compute with one thread: their libraries look at this once, when imported."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _start(parent_lives: Connection) -> None:
    import cv2

    cv2.setNumThreads(1)
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # Ctrl-C of the terminal is for the parent, which then ends its workers once.
    threading.Thread(target=_end_with, args=(parent_lives,), daemon=True).start()


def _end_with(parent_lives: Connection) -> None:
    try:
        parent_lives.recv()  # nothing is ever sent
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)  # a training saves and stops; whatever else ends here
        time.sleep(_GRACE_S)
        os._exit(1)
