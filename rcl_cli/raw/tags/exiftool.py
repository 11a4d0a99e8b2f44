"""exiftool, started once and asked many times: starting it takes longer than most of what it does."""

from __future__ import annotations

import atexit
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

_PATIENCE_S = 60.0
_END_PATIENCE_S = 5.0
_STAY = ("-stay_open", "True", "-@", "-")
_LEAVE = "\n-stay_open\nFalse\n"
_STATUS = re.compile(rb"\{status (\d+)\}")
_CHARSET = ("-charset", "filename=utf8") if sys.platform == "win32" else ()


@dataclass(frozen=True)
class Answer:
    """What became of one command."""

    done: bool
    said: str
    """Errors and warnings, in one line."""


class _Stopped(Exception):
    """The process has ended, or says nothing any more."""


class _Process:
    """One exiftool that waits for commands, until it is closed or this program ends, however that comes about."""

    def __init__(self, program: str) -> None:
        self.program, self.owner = program, os.getpid()
        self._count = 0
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        # At the end of its arguments exiftool waits for more for ever. A process between says that there will be none.
        self._relay = None if sys.platform == "win32" else _start(["/bin/sh", "-c", f"cat; echo '{_LEAVE}'"], None)
        source = subprocess.PIPE if self._relay is None else self._relay.stdout
        self._exiftool = _start([program, *_STAY], source)
        if self._relay is not None and self._relay.stdout is not None:
            self._relay.stdout.close()
        threading.Thread(target=self._read, name="exiftool", daemon=True).start()

    def ask(self, arguments: Sequence[str]) -> Answer:
        """Raises _Stopped."""
        self._count += 1
        lines = [*_CHARSET, *arguments, "-echo3", "{status ${status}}", f"-execute{self._count}", ""]
        try:
            self._stdin.write(b"\n".join(map(os.fsencode, lines)))
            self._stdin.flush()
        except OSError as error:
            raise _Stopped("it has stopped") from error
        said: list[bytes] = []
        while (line := self._next()) != b"{ready%d}" % self._count:
            said.append(line)
        status = next((int(found[1]) for line in said if (found := _STATUS.search(line))), 1)
        return Answer(status == 0, _words(line for line in said if not _STATUS.search(line)))

    def close(self, *, at_once: bool = False) -> None:
        """Let it end; `at_once`: end it."""
        if self.owner != os.getpid():  # a copy that a worker process inherited
            return
        if at_once:
            self._exiftool.kill()
        try:
            if self._relay is None:
                self._stdin.write(_LEAVE.encode())
            self._stdin.close()
        except OSError:
            pass  # it has ended already
        for process in [self._exiftool, *([] if self._relay is None else [self._relay])]:
            try:
                process.wait(_END_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        found = (self._relay or self._exiftool).stdin
        assert found is not None  # asked for when it was started
        return found

    def _read(self) -> None:
        assert self._exiftool.stdout is not None
        with self._exiftool.stdout as lines:
            for line in lines:
                self._lines.put(line.rstrip(b"\r\n"))
        self._lines.put(None)

    def _next(self) -> bytes:
        try:
            line = self._lines.get(timeout=_PATIENCE_S)
        except queue.Empty:
            raise _Stopped(f"it has said nothing for {_PATIENCE_S:g} seconds") from None
        if line is None:
            raise _Stopped("it has stopped")
        return line


_lock = threading.Lock()
_running: _Process | None = None


def ask_exiftool(arguments: Sequence[str]) -> Answer | None:
    """Run a command of exiftool, which is started for the first and restarted where it has stopped.

    `arguments`: none with a line break in it, as each is a line to exiftool; paths as `sayable` has them. None where it
    is not installed. Raises nothing.
    """
    program = shutil.which("exiftool")
    if program is None:
        return None
    with _lock:
        for fresh in (False, True):
            try:
                return _process(program).ask(arguments)
            except _Stopped as error:
                reason = str(error)
                _end(at_once=True)
                if fresh or "nothing" in reason:
                    break
            except OSError as error:
                return Answer(False, f"cannot be started ({error.strerror})")
            except BaseException:
                _end(at_once=True)  # the rest of its answer would be taken for the next one
                raise
        return Answer(False, reason)


def start_exiftool() -> None:
    """Start what `ask_exiftool` will ask, where it is installed, without waiting for it. Raises nothing."""
    program = shutil.which("exiftool")
    if program is None:
        return
    with _lock, suppress(OSError):
        _process(program)


def close_exiftool() -> None:
    """End the exiftool that was started, if there is one."""
    with _lock:
        _end()


atexit.register(close_exiftool)


def _process(program: str) -> _Process:
    global _running
    if _running is None or (_running.program, _running.owner) != (program, os.getpid()):
        _end()
        _running = _Process(program)
    return _running


def _end(*, at_once: bool = False) -> None:
    global _running
    if _running is not None:
        _running.close(at_once=at_once)
        _running = None


def _start(command: list[str], source: IO[bytes] | int | None) -> subprocess.Popen[bytes]:
    stdin = subprocess.PIPE if source is None else source
    # Ctrl-C is for this program alone: what is being written is finished.
    return subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


def _words(lines: Iterable[bytes]) -> str:
    return " ".join(b" ".join(lines).decode(errors="replace").split())
