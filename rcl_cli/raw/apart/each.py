"""One question about many files: the reader answers one while the next ones are on their way to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rcl_cli.errors import RclError
from rcl_cli.raw.apart.limits import Limits, limits_of
from rcl_cli.raw.apart.pool import keep, take
from rcl_cli.raw.apart.reader import NotStarted, Reader, question
from rcl_cli.raw.apart.tasks import function

_ON_THEIR_WAY = 4096
"""Bytes of questions without an answer: the pipes of all systems hold so many, so that asking never waits."""
_What = tuple[str, str | None]
_Asked = tuple[Path, Limits, int]
"""With the bytes of the question."""


def apart_each(task: str, paths: Iterable[Path], *, module: str | None = None) -> Iterator[Any]:
    """`apart` of each path, in their order: what it gives, or the RclError that it raises.

    To wait for each answer before the next question takes longer than most answers, above all on a busy machine.
    `paths` are taken some ahead of what is given.
    """
    source, again = iter(paths), deque[Path]()
    while True:
        asked = deque[_Asked]()
        try:
            key, reader = take()
            try:
                while _ask(reader, (task, module), again, source, asked):
                    path, limits, _ = asked.popleft()
                    yield _answer(reader, path, limits)
                    if not reader.alive:
                        break
                else:
                    return
            finally:
                if asked:
                    reader.close()  # answers that come now would be taken for those of others
                keep(key, reader)
        except NotStarted:
            for path in (*(path for path, _, _ in asked), *again):
                yield _here((task, module), path)
            yield from (_here((task, module), path) for path in source)
            return
        again.extendleft(path for path, _, _ in reversed(asked))


def _ask(reader: Reader, what: _What, again: deque[Path], source: Iterator[Path], asked: deque[_Asked]) -> bool:
    """Send more questions, if few are on their way; False where none is. Raises NotStarted."""
    on_their_way = sum(size for _, _, size in asked)
    if on_their_way > _ON_THEIR_WAY // 2:
        return True
    words = b""
    while True:
        path = again.popleft() if again else next(source, None)
        if path is None:
            break
        limits = limits_of(path)
        one = question(*what, path, limits, {})
        if asked and on_their_way + len(words) + len(one) > _ON_THEIR_WAY:
            again.appendleft(path)
            break
        asked.append((path, limits, len(one)))
        words += one
    if words:
        reader.send(words)
    return bool(asked)


def _answer(reader: Reader, path: Path, limits: Limits) -> Any:
    try:
        return reader.receive(path, limits)
    except RclError as error:
        return error


def _here(what: _What, path: Path) -> Any:
    try:
        return function(*what)(path)
    except RclError as error:
        return error
