"""Standard streams that take what rcl prints, where they are closed, unread or without Greek letters."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ERRORS = "rcl.readable"
_SPELLED = {
    "λ": "lambda",
    "σ": "sigma",
    "τ": "tau",
    "α": "alpha",
    "Δ": "delta",
    "×": "x",
    "±": "+-",
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "²": "^2",
    "√": "sqrt",
    "·": "*",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "\xa0": " ",
}


def make_usable() -> None:
    """Call once, before anything is printed or opened."""
    _replace_closed()
    _let_messages_go()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not speaks_unicode(stream) and hasattr(stream, "reconfigure"):
            codecs.register_error(_ERRORS, _readable)
            stream.reconfigure(errors=_ERRORS)


def speaks_unicode(stream: TextIO) -> bool:
    """Whether every letter can be written to it."""
    return (stream.encoding or "").lower().replace("-", "").replace("_", "").startswith("utf")


def spelled(text: str, encoding: str) -> str:
    """`text` in letters of the encoding: λ is lambda where that has no λ.

    >>> print(spelled("λ_shot ± 3 × 2 ☃", "ascii"), spelled("λ ± 3", "latin-1"))
    lambda_shot +- 3 x 2 \\u2603 lambda ± 3
    """
    codecs.register_error(_ERRORS, _readable)
    return text.encode(encoding, _ERRORS).decode(encoding)


def written(text: str, stream: TextIO | None) -> str:
    """`text` as it may be written to the stream by click, which takes ASCII for UTF-8 otherwise."""
    return text if stream is None or speaks_unicode(stream) else spelled(text, stream.encoding or "ascii")


def nobody_reads(stream: TextIO) -> None:
    """What is written to the stream from now on goes nowhere, quietly: whoever read it has gone."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # it is no file
        pass


def _replace_closed() -> None:
    """A closed stream becomes one that goes nowhere. Else the next file opened would take its number, and messages."""
    for number, name, mode in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_WRONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, mode)
            os.dup2(nowhere, number)
            os.set_inheritable(number, True)  # which it is not where `nowhere` took this very number
            if nowhere != number:
                os.close(nowhere)
        setattr(sys, name, open(os.devnull, "r" if number == 0 else "w", encoding="utf-8"))  # noqa: SIM115, PTH123


class _Messages(io.FileIO):
    """Takes what it is given, also where it has no room for it: what is made counts, not what is said of it."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            raise
        except OSError:
            return memoryview(data).nbytes


def _let_messages_go() -> None:
    """A log on a disk that is full does not end work whose results go elsewhere."""
    if not isinstance(sys.stderr, io.TextIOWrapper) or sys.stderr is not sys.__stderr__:
        return
    sys.stderr.flush()
    raw = io.BufferedWriter(_Messages(sys.stderr.fileno(), "w", closefd=False))
    sys.stderr = io.TextIOWrapper(raw, sys.stderr.encoding, sys.stderr.errors, line_buffering=True)


def _readable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    parts = []
    for letter in error.object[error.start : error.end]:
        known = _SPELLED.get(letter, "")
        try:
            known.encode(error.encoding)
        except UnicodeError:
            known = ""
        parts.append(known or letter.encode("ascii", "backslashreplace").decode())
    return "".join(parts), error.end
