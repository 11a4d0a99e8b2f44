"""One reader, seen from the program that asks it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rcl_cli.errors import FileError, PluginError, RclError, UnforeseenError
from rcl_cli.raw.apart.limits import GIB, HAS_ALARMS, Limits
from rcl_cli.raw.apart.serve import READY
from rcl_cli.raw.apart.wire import Buffer, from_wire

log = logging.getLogger(__name__)

_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from rcl_cli.raw.apart.serve import main; main()"
_THREADS = str(min(4, os.cpu_count() or 1))
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": _THREADS}
"""Few threads: each takes memory of its own, which would count."""
_START_SECONDS = 60.0
_GRACE_SECONDS = 5.0


class NotStarted(Exception):
    """There can be no readers here."""


class Reader:
    """A process that reads one file at a time."""

    def __init__(self) -> None:
        """Start it; it is waited for when it is asked for the first time. Raises NotStarted."""
        places = [os.path.abspath(place) for place in sys.path]  # noqa: PTH100 (also of "", which is here)
        group = {} if sys.platform == "win32" else {"process_group": 0}  # Ctrl-C is for the program that asks
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, *places],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **{k: v for k, v in _ENVIRONMENT.items() if k not in os.environ}},
                **group,  # type: ignore[call-overload]
            )
        except (OSError, ValueError) as error:
            raise NotStarted from error
        self._ready = False

    @property
    def alive(self) -> bool:
        """False once it has ended."""
        return self._process.poll() is None

    def ask(self, task: str, module: str | None, path: Path, limits: Limits, how: dict[str, Any]) -> Any:
        """What `task` gives for a file, as of `TASKS`.

        Raises what it raises, FileError where that ends the reader or goes beyond `limits`, and NotStarted.
        """
        self.send(question(task, module, path, limits, how))
        return self.receive(path, limits)

    def send(self, words: bytes) -> None:
        """Ask one more `question`; each is to be followed by a `receive`, in their order. Raises NotStarted."""
        self._wait()
        with suppress(OSError):  # it has ended, as `receive` will say
            self._pipes[0].write(words)
            self._pipes[0].flush()

    def receive(self, path: Path, limits: Limits) -> Any:
        """The answer to the first question that has none yet, about this file. Raises as `ask`."""
        absolute = os.path.abspath(path)  # noqa: PTH100 (links and ".." stay)
        try:
            with _in_time(self._process, limits):
                stdout = self._pipes[1]
                line = stdout.readline()
                head = json.loads(line) if line.endswith(b"\n") else None
                buffers = [] if head is None else [_buffer(stdout, *told) for told in head.get("buffers", ())]
            for message in head["said"] if head is not None else ():
                log.warning("%s", str(message).replace(absolute, str(path)))
            if head is not None and "value" in head:
                return from_wire(head["value"], buffers)
        except (OSError, EOFError):
            head = None
        except (KeyError, IndexError, TypeError, ValueError) as error:
            self.close()
            raise FileError(path, "makes the library that reads it give nonsense; it is damaged") from error
        except BaseException:
            self.close()  # the rest of its answer would be taken for the next one
            raise
        if head is None:
            raise FileError(path, self._why_it_ended(limits))
        raise _error(path, Path(absolute), head, limits)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be said has nobody to hear it
                    pipe.close()
        self._process.wait()

    @property
    def _pipes(self) -> tuple[BinaryIO, BinaryIO]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # asked for when it was started
        assert stdout is not None
        return stdin, stdout

    def _wait(self) -> None:
        if not self._ready:
            with _ended(self._process, _START_SECONDS):
                said = self._pipes[1].readline()
            if said != READY:
                self.close()
                raise NotStarted
            self._ready = True

    def _why_it_ended(self, limits: Limits) -> str:
        self.close()
        code = self._process.returncode
        if sys.platform != "win32" and code == -_ALARM:
            return f"takes longer than {limits.seconds:.3g} seconds to be read; it is damaged ({_see('SECONDS')})"
        if sys.platform != "win32" and code == -_KILL:
            return f"takes too long or too much memory to be read; it is damaged ({_see('SECONDS')})"
        return f"makes the library that reads it crash (exit status {code}); it is damaged"


def question(task: str, module: str | None, path: Path, limits: Limits, how: dict[str, Any]) -> bytes:
    """A line that asks a reader what `task` gives for a file."""
    absolute = os.path.abspath(path)  # noqa: PTH100 (links and ".." stay)
    asked = {"task": task, "module": module, "path": absolute, "how": how, **vars(limits)}
    return json.dumps(asked).encode() + b"\n"


_ALARM, _KILL = 14, 9


def _in_time(process: subprocess.Popen[bytes], limits: Limits) -> AbstractContextManager[None]:
    # Where there are alarms the reader ends itself: a thread for each question would take longer than most answers.
    return nullcontext() if HAS_ALARMS else _ended(process, limits.seconds + _GRACE_SECONDS)


class _ended(AbstractContextManager[None]):
    """Ends a process where the block takes longer than so many seconds."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self._timer = threading.Timer(seconds, process.kill)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _buffer(source: BinaryIO, kind: str, shape: list[int]) -> Buffer:
    values = np.empty(shape, np.dtype(kind))
    room = memoryview(values.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    done = 0
    while done < len(room):
        count = source.readinto(room[done:])  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        done += count
    return values


def _error(path: Path, absolute: Path, head: dict[str, Any], limits: Limits) -> RclError:
    match head["failed"]:
        case "file":
            meant = Path(head["path"])
            return FileError(path if meant == absolute else meant, head["reason"])
        case "plugin":
            return PluginError(head["reason"])
        case "rcl":
            return RclError(head["reason"])
        case "memory":
            return FileError(
                path, f"needs more than {limits.memory / GIB:.3g} GiB of memory to be read ({_see('MEMORY')})"
            )
        case "system":
            return FileError(path, f"cannot be read ({head['reason']})")
        case _:
            return UnforeseenError(path, head["reason"], head.get("trace", ""))


def _see(name: str) -> str:
    return f"if it is not, set RCL_READ_{name}" if name == "SECONDS" else f"RCL_READ_{name} sets another limit"
