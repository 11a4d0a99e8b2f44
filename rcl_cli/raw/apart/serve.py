"""The reader: a process that does what it is asked, one file after another, until nobody can ask any more.

A question is a line of JSON. An answer is a line of JSON and the bytes of the buffers that it tells of.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rcl_cli.errors import FileError, PluginError, RclError
from rcl_cli.raw.apart.limits import end_after, limit_memory
from rcl_cli.raw.apart.tasks import function
from rcl_cli.raw.apart.wire import Buffer, to_wire

READY = b"ready\n"
_MOST_SAID, _LONGEST = 20, 2000
"""Warnings of one file that are passed on, and their letters."""
_PIPE_BYTES = 1 << 20


class _Said(logging.Handler):
    """Keeps warnings for the process that asked, which knows where they are to go."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._messages) < _MOST_SAID:
            self._messages.append(record.getMessage()[:_LONGEST])

    def take(self) -> list[str]:
        """Those since the last time."""
        taken, self._messages = self._messages, []
        return taken


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more questions."""
    said = _Said()
    logging.root.addHandler(said)
    answers.write(READY)
    answers.flush()
    for line in questions:
        question = json.loads(line)
        read = function(question["task"], question["module"])
        limit_memory(question["memory"])
        end_after(question["seconds"])
        head, buffers = _answer(lambda: read(Path(question["path"]), **question["how"]))  # noqa: B023
        end_after(0)
        head["said"] = said.take()
        answers.write(json.dumps(head).encode() + b"\n")
        for buffer in buffers:
            answers.write(buffer.reshape(-1).view(np.uint8))  # type: ignore[call-overload]
        answers.flush()
        del head, buffers


def _answer(read: Any) -> tuple[dict[str, Any], list[Buffer]]:
    buffers: list[Buffer] = []
    try:
        tree = to_wire(read(), buffers)
    except FileError as error:
        return {"failed": "file", "path": str(error.path), "reason": error.reason}, []
    except RclError as error:
        return {"failed": "plugin" if isinstance(error, PluginError) else "rcl", "reason": str(error)}, []
    except MemoryError:
        return {"failed": "memory"}, []
    except OSError as error:
        return {"failed": "system", "reason": error.strerror or str(error)}, []
    except Exception as error:  # whatever one file brings about, the others are still to be read
        reason = f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"
        return {"failed": "unforeseen", "reason": reason, "trace": traceback.format_exc()}, []
    except SystemExit:
        return {"failed": "unforeseen", "reason": "unexpected SystemExit", "trace": traceback.format_exc()}, []
    packed = [np.ascontiguousarray(buffer) for buffer in buffers]
    return {"value": tree, "buffers": [(buffer.dtype.str, buffer.shape) for buffer in packed]}, packed


def _open_stderr() -> None:
    """Where the program that asks has it closed, what is opened first would take its number, and the messages."""
    if sys.stderr is None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != 2:
            os.dup2(nowhere, 2)
            os.close(nowhere)
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115


def main() -> None:
    """Serve on standard input and output; what libraries print goes to standard error."""
    _open_stderr()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # the usual size does too
            fcntl.fcntl(answers.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    try:
        serve(sys.stdin.buffer, answers)
    except BrokenPipeError:
        os._exit(0)  # nobody listens any more
