"""Tables that are wider than the terminal: what is long moves to a line of its own, and nothing is cut into pieces."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

_NARROW = 16
"""Cells in which words and short paths can still be read."""
_WIDEST = 10_000


def natural_width(renderable: RenderableType, console: Console) -> int:
    """In cells, if nothing is folded."""
    return console.measure(renderable, options=console.options.update(max_width=_WIDEST)).maximum


def fitted(table: Table, console: Console) -> RenderableType:
    """The table as it is where it fits the console; else folded, or with long texts on lines above their rows.

    Numbers, which are aligned to the right, and the first column are never folded.
    """
    if natural_width(table, console) > console.width:
        table.padding = (0, 1, 0, 0)
    whole = natural_width(table, console)
    if whole <= console.width:
        return table
    columns = _columns(table)
    widths = [max(_text(console, cell).cell_len for cell in cells) for cells in columns]
    frame = whole - sum(widths)
    numbers = [place for place, column in enumerate(table.columns) if column.justify == "right"]
    kept = {0, *numbers}
    least = [widths[place] if place in kept else _folded(console, cells) for place, cells in enumerate(columns)]
    if sum(least) + frame <= console.width and 2 * widths[0] <= console.width:
        for place, column in enumerate(table.columns):
            column.no_wrap = place in kept
            column.min_width = least[place]
        return table
    lifted = _lifted(widths, numbers, frame / len(widths), console.width) if numbers else None
    return _stacked(table, console) if lifted is None else _with_lines_above(table, lifted, console)


def _folded(console: Console, cells: Sequence[str]) -> int:
    """The least width in which no word is broken, and lines can be read."""
    texts = [_text(console, cell).plain for cell in cells]
    longest = max((cell_len(word) for text in texts for word in text.split()), default=0)
    return max(longest, min(_NARROW, max(map(cell_len, texts))))


def _lifted(widths: Sequence[int], numbers: Sequence[int], frame: float, room: int) -> list[int] | None:
    """The columns that go to lines of their own, the widest first, so that the rest fits; None where it never does."""
    lifted: list[int] = []
    for place in sorted(set(range(len(widths))).difference(numbers), key=lambda place: -widths[place]):
        lifted.append(place)
        if sum(width + frame for other, width in enumerate(widths) if other not in lifted) <= room:
            return sorted(lifted)
    return None


def _with_lines_above(table: Table, lifted: Sequence[int], console: Console) -> RenderableType:
    rest = Table(box=table.box, pad_edge=False)
    rest.padding = table.padding
    columns = [cells for place, cells in enumerate(_columns(table)) if place not in lifted]
    for place, column in enumerate(table.columns):
        if place not in lifted:
            rest.add_column(column.header, justify=column.justify, no_wrap=True)
    for cells in zip(*(cells[1:] for cells in columns), strict=True):
        rest.add_row(*cells)
    rows = table.row_count
    above = [_columns(table)[place] for place in lifted]
    lines = console.render_lines(rest, pad=False)
    # One line a row: what comes before them is the head, what comes after them the margin.
    first = len(lines) - rows - 1
    parts: list[RenderableType] = _joined(console, [cells[0] for cells in above], "bold")
    parts += [_line(line) for line in lines[:first] if "".join(part.text for part in line).strip()]
    before: list[str] = []
    for row, line in enumerate(lines[first : first + rows], start=1):
        said = [cells[row] for cells in above]
        parts += [] if said == before else _joined(console, said)
        parts.append(_line(line))
        before = said
    return Group("", *parts, "")


def _stacked(table: Table, console: Console) -> RenderableType:
    """Each row as its first cell, and below it the others, with their heads where those are short."""
    columns = _columns(table)
    parts: list[RenderableType] = [""]
    for row in range(1, table.row_count + 1):
        parts.append(_text(console, columns[0][row]))
        said = [_pair(console, cells[0], cells[row]) for cells in columns[1:] if cells[row]]
        parts.append(Padding(Text(", ").join(said), (0, 0, 0, 2)))
    return Group(*parts, "")


def _pair(console: Console, head: str, cell: str) -> Text:
    text = _text(console, cell)
    return text if len(head.split()) != 1 or len(text) > _NARROW else Text.assemble(f"{head} ", text)


def _columns(table: Table) -> list[list[str]]:
    """Head and cells of each column."""
    return [[str(cell) for cell in (column.header, *column.cells)] for column in table.columns]


def _joined(console: Console, cells: Sequence[str], style: str = "") -> list[RenderableType]:
    """The cells on one line, or on several, none of which is broken where it fits a line."""
    lines: list[Text] = []
    for cell in cells:
        text = _text(console, cell)
        if lines and lines[-1].cell_len + 2 + text.cell_len <= console.width:
            lines[-1].append("  ").append_text(text)
        elif cell:
            lines.append(text)
    for line in lines:
        line.stylize(style)
    return [*lines]


def _text(console: Console, cell: str) -> Text:
    text = console.render_str(cell)
    text.overflow = "fold"
    return text


def _line(segments: list[Segment]) -> Segments:
    return Segments([*segments, Segment.line()])
