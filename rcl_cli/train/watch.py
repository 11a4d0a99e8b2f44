"""Who hears how long work goes: nobody by default; the command line shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rcl_cli.errors import FileError


class Stage:
    """One part of the work; made by `Watch.stage`."""

    def advance(self, steps: float = 1) -> None:
        """`steps` more are done."""

    def describe(self, words: str) -> None:
        """What is going on now, for example the current loss."""


class Watch:
    """Hears of a run and does nothing; to be overridden."""

    def say(self, sentence: str) -> None:
        """One plain sentence that a person should read."""

    def failed(self, failures: Sequence[FileError]) -> None:
        """Inputs that cannot be used, each with its reason."""

    def record(self, kind: str, values: Mapping[str, Any]) -> None:
        """Figures of a step or a validation."""

    @contextmanager
    def stage(self, total: float | None, name: str, unit: str, *, done: int = 0) -> Iterator[Stage]:
        """A part of `total` steps begins, `done` of which were done before; None: nobody knows how many."""
        yield Stage()


NOBODY = Watch()
Stop = Callable[[], bool]
"""Whether to stop before the next step."""
