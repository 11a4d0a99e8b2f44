"""What the verbs print: messages and progress on standard error, tables and JSON lines on standard output."""

from __future__ import annotations

import base64
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

import click
from rich import box
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from rcl_cli.cli.layout import fitted, natural_width
from rcl_cli.cli.rates import Lines, rate_words
from rcl_cli.cli.streams import nobody_reads, spelled
from rcl_cli.cli.visible import STEERING, utf8, visible
from rcl_cli.errors import FileError
from rcl_cli.train.watch import Stage


class _Terminal(Console):
    """A console on which no text from outside can steer the terminal, whatever verb prints it.

    Nor is any of it taken for more than it is: `:100:` in a name is no emoji, and numbers are not coloured.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """As rich's, which every text and every cell of a table goes through."""
        shown = visible(text)
        return super().render_str(spelled(shown, self.encoding) if self.options.ascii_only else shown, **options)

    def on_broken_pipe(self) -> None:
        """Work goes on, quietly: what is made counts, not that somebody reads of it."""
        nobody_reads(self.file)  # type: ignore[arg-type]


_lines_go_to: list[TextIO] = []
"""Where JSON lines go; empty: standard output."""
console = _Terminal(stderr=True)
"""For messages: standard error, looked up at each call, so that tests can capture it."""
_ROOM_FOR_A_BAR = 60
"""Columns; with fewer the figures of a bar are folded over several lines, and each change writes them again."""
_PLAIN = box.Box("    \n    \n -- \n" + "    \n" * 5, ascii=True)
"""As SIMPLE_HEAD, for terminals and files without its letters."""


def say(sentence: str) -> None:
    """One plain sentence on standard error, never folded."""
    console.print(sentence, markup=False, soft_wrap=True)


def say_left_out(results: Sequence[Path]) -> None:
    """That results of rcl in walked folders are no inputs; nothing where there are none."""
    if results:
        noun = "result of rcl is" if len(results) == 1 else "results of rcl are"
        say(f"{len(results)} {noun} left out of the inputs, such as {results[0]}. To use a result, name its file.")


class Bar(Stage):
    """The handle that `progress` gives out. Without a terminal there are lines instead."""

    def __init__(self, bar: tuple[Progress, TaskID] | None, lines: Lines) -> None:
        self._bar = bar
        self._lines = lines

    def advance(self, steps: float = 1) -> None:
        """`steps` more are done."""
        if self._bar is None:
            self._lines.advance(steps)
        else:
            self._bar[0].advance(self._bar[1], steps)

    def describe(self, description: str) -> None:
        """Replace the words before the bar, for example by the current loss."""
        if self._bar is None:
            self._lines.describe(description)
        else:
            self._bar[0].update(self._bar[1], description=escape(visible(description)))


class _RateColumn(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else rate_words(speed, self.unit), style="progress.data.speed")


@contextmanager
def progress(total: float | None, description: str, unit: str = "files", *, done: int = 0) -> Iterator[Bar]:
    """A progress bar on standard error with rate and time left; a line now and then where that is not a terminal.

    `unit`: what is counted, in the plural. `total` and `done` count steps; `done` is where a resumed run starts.
    `total=None`: a bar without an end.
    """
    lines = Lines(say, total, description, unit, done=done)
    if not _has_room_for_a_bar():
        yield Bar(None, lines)
        return
    wide = console.width >= _ROOM_FOR_A_BAR
    bar = Progress(
        TextColumn("{task.description}"),
        *([BarColumn()] if wide else []),
        MofNCompleteColumn(),
        *([_RateColumn(unit)] if wide else []),
        TimeRemainingColumn(),
        console=console,
        # Else rich would send what goes to a file or a pipe to the terminal.
        redirect_stdout=sys.stdout.isatty(),
    )
    with bar:
        yield Bar((bar, bar.add_task(escape(visible(description)), total=total, completed=done)), lines)


def _has_room_for_a_bar() -> bool:
    """Not where it would be written over by JSON lines on the same terminal, nor where nothing can be written over."""
    shared = bool(_lines_go_to) and _lines_go_to[-1].isatty()
    return console.file.isatty() and not console.is_dumb_terminal and not shared


def json_head(kind: str, path: Path | None, status: str = "done", reason: str = "") -> dict[str, Any]:
    """What every JSON line begins with.

    `kind`: what the line is about; `path`: the input, None where it is about none or about many; `status`: "done",
    "skipped" or "failed"; `reason`: why, empty where it is done and there is nothing to say.
    """
    return {"kind": kind, "path": path, "status": status, "reason": reason}


def print_json_line(values: Mapping[str, Any]) -> None:
    """One JSON object on one line of standard output, at once.

    Paths become strings, NumPy values plain ones, and numbers that JSON has no word for (NaN, infinity) null. A byte of
    a name that is no UTF-8 is spelled `\\xNN`; a path with such bytes stands whole in `NAME_base64` beside it.
    """
    click.echo(json_line(values, ascii_only=not _speaks_utf8()), file=json_output())


def json_line(values: Mapping[str, Any], *, ascii_only: bool = True) -> str:
    """What `print_json_line` prints, without the end of the line."""
    line = json.dumps(_plain({**values, **_exact(values)}), ensure_ascii=ascii_only, allow_nan=False)
    return STEERING.sub(lambda found: json.dumps(found[0])[1:-1], line)


def _exact(values: Mapping[str, Any]) -> dict[str, str]:
    paths = {name: str(value) for name, value in values.items() if isinstance(value, Path)}
    odd = {name: path for name, path in paths.items() if utf8(path) != path}
    return {f"{name}_base64": base64.b64encode(os.fsencode(path)).decode() for name, path in odd.items()}


@contextmanager
def json_lines_alone() -> Iterator[None]:
    """In the block nothing but `print_json_line` reaches standard output: the rest goes to standard error.

    Also what plugins and libraries print, those below Python and in processes of their own too.
    """
    sys.stdout.flush()
    with ExitStack() as stack:
        lines: TextIO = sys.stdout
        if _is_own_output(sys.stdout):
            kept = os.dup(1)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, 1)
            os.dup2(2, 1)
            lines = stack.enter_context(
                open(kept, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors, closefd=False)
            )
        _lines_go_to.append(lines)
        stack.callback(_lines_go_to.pop)
        stack.enter_context(redirect_stdout(sys.stderr))
        yield


def json_output() -> TextIO:
    """Where JSON lines go."""
    return _lines_go_to[-1] if _lines_go_to else sys.stdout


def _is_own_output(stream: TextIO) -> bool:
    """Not one that stands in for it, in a test or a notebook."""
    try:
        return stream.fileno() == 1 and sys.stderr.fileno() == 2
    except (AttributeError, OSError, ValueError):
        return False


def _speaks_utf8() -> bool:
    return (json_output().encoding or "").replace("-", "").lower() == "utf8"


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {utf8(str(key)): _plain(item) for key, item in value.items()}
        case str():
            return utf8(value)
        case bool() | int() | None:
            return value
        case float():
            return float(value) if math.isfinite(value) else None
        case Path():
            return utf8(str(value))
        case list() | tuple():
            return [_plain(item) for item in value]
        case _ if hasattr(value, "tolist"):
            return _plain(value.tolist())
    raise TypeError(f"no JSON for {type(value).__name__}")


def new_table(*columns: str, title: str | None = None, right: Sequence[str] = ()) -> Table:
    """A plain table with these column heads; the columns named in `right` are aligned to the right."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def print_table(table: RenderableType, *, error: bool = False) -> None:
    """Print on standard output (`error`: standard error); never folded where that is a file or a pipe.

    Where a terminal is too narrow, long texts go to lines of their own.
    """
    target = _Terminal(stderr=error)
    title = None
    if isinstance(table, Table):
        title, table.title = table.title, None
        if target.options.ascii_only:
            table.box = _PLAIN
    if not target.file.isatty():
        target.width = max(target.width, natural_width(table, target))
    try:
        if title is not None:  # rich would fold it to the width of the table
            target.print(title, style="bold", soft_wrap=True)
        target.print(fitted(table, target) if isinstance(table, Table) else table)
    except BrokenPipeError:  # of older versions of rich
        target.on_broken_pipe()


def print_failures(failures: Sequence[FileError]) -> None:
    """Name each failed input and its reason on standard error; nothing where there is none."""
    if not failures:
        return
    table = new_table("file", "reason", title=f"{len(failures)} failed")
    for failure in failures:
        table.add_row(escape(str(failure.path)), escape(failure.reason))
    print_table(table, error=True)


def exit_code(done: int, failed: int) -> int:
    """0 all done; 1 some inputs failed, the rest are done; 2 nothing was done, or there was nothing to do.

    >>> exit_code(3, 0), exit_code(2, 1), exit_code(0, 3), exit_code(0, 0)
    (0, 1, 2, 2)
    """
    if not done:
        return 2
    return 1 if failed else 0
