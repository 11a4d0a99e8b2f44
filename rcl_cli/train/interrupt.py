"""Ending in order: long work stops between two steps, and whatever is asked to end removes what it has half written."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What a system sends that shuts down and a terminal that closes, often both."""
_Handler = Callable[[int, FrameType | None], None]


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """A function that tells whether Ctrl-C, SIGTERM or SIGHUP has come, so that a step is never cut in two.

    A second Ctrl-C raises KeyboardInterrupt at once. Outside the main thread, which alone hears signals, none comes.
    """
    pressed = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        _let_go(number)
        if pressed.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        pressed.set()

    with _handled((signal.SIGINT, *_ENDING), on_signal):
        yield pressed.is_set


@contextmanager
def unwinding() -> Iterator[None]:
    """SIGTERM and SIGHUP raise KeyboardInterrupt, as Ctrl-C does, so that every block ends as it should; once."""
    asked = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        _let_go(number)
        if not asked.is_set():
            asked.set()
            raise KeyboardInterrupt

    with _handled(_ENDING, on_signal):
        yield


@contextmanager
def _handled(numbers: tuple[int, ...], handler: _Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # One that is ignored stays so: nohup asks for that.
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, signal.SIG_DFL if old is None else old)


def _let_go(number: int) -> None:
    """Of the terminal that has hung up: what is still said must not fail."""
    if number != getattr(signal, "SIGHUP", None):
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None and os.isatty(stream.fileno()):
                os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            pass
    os.close(nowhere)
