"""How long work is shown in a terminal: sentences, bars, and JSON lines where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rcl_cli.cli.console import json_head, print_failures, print_json_line, progress, say
from rcl_cli.errors import FileError
from rcl_cli.train.watch import Stage, Watch


class TerminalWatch(Watch):
    """Sentences and bars on standard error; with `as_json` each record and failure as a line on standard output."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json

    def say(self, sentence: str) -> None:
        say(sentence)

    def failed(self, failures: Sequence[FileError]) -> None:
        if self.as_json:
            for failure in failures:
                print_json_line(json_head("picture", failure.path, "failed", failure.reason))
        print_failures(failures)

    def record(self, kind: str, values: Mapping[str, Any]) -> None:
        if self.as_json:
            print_json_line({**json_head(kind, None), **values})

    @contextmanager
    def stage(self, total: float | None, name: str, unit: str, *, done: int = 0) -> Iterator[Stage]:
        with progress(total, name, unit, done=done) as bar:
            yield bar
