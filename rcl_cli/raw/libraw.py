"""Opening raws with LibRaw: its errors as sentences, its chatter kept from the terminal."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import rawpy

from rcl_cli.errors import FileError

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (rawpy.LibRawFileUnsupportedError, "is damaged, or a raw format that LibRaw does not know"),
    (rawpy.LibRawTooBigError, "is larger than what LibRaw decodes (2 GiB of values), or damaged"),
    (rawpy.LibRawDataError, "holds damaged pixel data; copy it from the card again"),
    (
        rawpy.LibRawIOError,
        "has a header but no readable pixels: it is cut short, or compressed in a way that LibRaw cannot decode",
    ),
)
_CHATTER = re.compile(rb"[^\n]*: (?:Unexpected end of file|data corrupted at -?\d+)\n|Premature end of JPEG file\n")


@contextmanager
def open_raw(path: Path, why: Callable[[], str] = str) -> Iterator[rawpy.RawPy]:
    """The opened raw, its pixels unpacked. Raises FileError if LibRaw cannot read it, with what `why` says if anything.

    Its arrays are views that die with the block: copy them.
    """
    raw = rawpy.RawPy()
    try:
        try:
            with _quiet_stderr:
                _open(raw, path)
                raw.unpack()
        except rawpy.LibRawError as error:
            raise FileError(path, why() or _reason(error)) from error
        except OSError as error:
            raise FileError(path, f"cannot be read ({error.strerror})") from error
        yield raw
    finally:
        raw.close()


def read_header(path: Path) -> tuple[Any, Any]:
    """What LibRaw says of shot (rawpy's `other`) and lens (`lens`), no pixel being read.

    Raises FileError if LibRaw cannot read it.
    """
    raw = rawpy.RawPy()
    try:
        with _quiet_stderr:
            _open(raw, path)
        return raw.other, getattr(raw, "lens", None)
    except rawpy.LibRawError as error:
        raise FileError(path, _reason(error)) from error
    finally:
        raw.close()


def _open(raw: rawpy.RawPy, path: Path) -> None:
    try:
        raw.open_file(str(path))
    except UnicodeEncodeError:  # rawpy takes names in UTF-8 only
        with path.open("rb") as file:
            raw.open_buffer(file)


def _reason(error: rawpy.LibRawError) -> str:
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    text = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
    return f"cannot be decoded by LibRaw ({text})"


class _QuietStderr:
    """Keeps LibRaw's own lines off the terminal, and passes on what anybody else writes meanwhile.

    LibRaw writes to the C library's stderr and rawpy offers no switch. Threads that decode at the same time share
    one redirection.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._terminal = -1
        self._buffer: BinaryIO

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                if sys.stderr is not None:  # as in a program without a terminal
                    sys.stderr.flush()
                self._buffer = tempfile.TemporaryFile()
                self._terminal = os.dup(2)
                os.dup2(self._buffer.fileno(), 2)
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users > 0:
                return
            os.dup2(self._terminal, 2)
            self._buffer.seek(0)
            if others := _CHATTER.sub(b"", self._buffer.read()):
                os.write(self._terminal, others)
            os.close(self._terminal)
            self._buffer.close()


_quiet_stderr = _QuietStderr()
