"""Readers that are kept, as many as ask at the same time: starting one takes half a second."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from rcl_cli.raw.apart.limits import limits_of
from rcl_cli.raw.apart.reader import NotStarted, Reader
from rcl_cli.raw.apart.tasks import function

Key = tuple[Any, ...]
_lock = threading.Lock()
_idle: list[tuple[Key, Reader]] = []


def apart(task: str, path: Path, *, module: str | None = None, **how: Any) -> Any:
    """What the function called `task` gives for a file, done in a process of its own, within `limits_of` the file.

    `task`: one of `TASKS`, or of `module`; `how`: its further arguments, plain values. Raises what it raises, and
    FileError for a file that ends the process or goes beyond its limits. Where no process can be started, it is done
    here and without limits.
    """
    limits = limits_of(path)
    try:
        key, reader = take()
        try:
            return reader.ask(task, module, path, limits, how)
        finally:
            keep(key, reader)
    except NotStarted:
        return function(task, module)(path, **how)


def start_reader() -> None:
    """Start a reader that will be asked soon, without waiting for it; raises nothing."""
    with suppress(NotStarted):
        keep(*take())


def close_readers() -> None:
    """End those that nobody asks."""
    with _lock:
        while _idle:
            key, reader = _idle.pop()
            if _owner(key) == os.getpid():
                reader.close()


atexit.register(close_readers)


def take() -> tuple[Key, Reader]:
    """A reader that nobody asks, and what `keep` needs to know of it. Raises NotStarted."""
    key = _key()
    with _lock:
        while _idle:
            made_for, reader = _idle.pop()
            if made_for == key and reader.alive:
                return key, reader
            if _owner(made_for) == os.getpid():  # else it is the parent's, of which this process is a copy
                reader.close()
    return key, Reader()


def keep(key: Key, reader: Reader) -> None:
    """Let others ask it, if it lives."""
    if reader.alive:
        with _lock:
            _idle.append((key, reader))


def _key() -> Key:
    # A reader finds plugins as they were when it was started.
    return os.getpid(), tuple(map(os.path.abspath, sys.path)), os.environ.get("RCL_LOAD_PLUGINS")


def _owner(key: Key) -> int:
    owner: int = key[0]
    return owner
