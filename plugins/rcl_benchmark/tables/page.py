"""The page of a table: what was run, our figures beside the paper's, the targets, and what held. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rcl_benchmark.page import hardware
from rcl_benchmark.tables.block import Block, blocks
from rcl_benchmark.tables.markdown import clock, document
from rcl_benchmark.tables.markdown import table as markdown_table
from rcl_benchmark.tables.plots import draw
from rcl_benchmark.tables.row import Row
from rcl_benchmark.tables.sections import sections
from rcl_benchmark.tables.targets import Target, reached_count, targets
from rcl_benchmark.tables.verdict import paragraph, verdict
from rcl_benchmark.tables.words import READING, SPREAD, TITLES
from rcl_benchmark.tables.zero_verdict import zero_verdict
from rcl_cli.errors import FileError
from rcl_cli.files import write_text


@dataclass(frozen=True)
class About:
    """What was run. It holds no date: the same run gives the same page, wall time aside."""

    command: str
    """As typed."""
    preset: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Of pretraining and protocol: steps, batch, crop, …"""
    seeds: str = ""
    """In words: "0 (trials 0 to 4)"."""
    pictures: str = ""
    """What was learnt from and tested on, in words."""
    hardware: str = field(default_factory=hardware)
    seconds: float | None = None
    """Wall time of everything on the page, pretraining included."""
    title: str = ""
    """Heading, for tables without one of their own."""
    reading: str = ""
    """How to read the tables, likewise."""


def write_page(table: str, rows: Sequence[Row], about: About, output: Path) -> Path:
    """Write `output`/`table`.md and its plot, in place of earlier ones; the path of the page.

    Takes whatever rows there are: statements and targets that lack one are left out. The text of
    `output`/notes/`table`.md, written by hand, ends the page if it exists. Raises FileError where a file cannot be
    read or written, RclError without matplotlib.
    """
    found = blocks(rows)
    figure = output / f"{table}.png"
    draw(table, found, figure)
    parts = [
        *heading(table, about),
        about.reading or READING.get(table, ""),
        targets_part([target for block in found for target in _named(table, block, found)]),
        *(part for block in found for part in _block(table, block)),
        f"![{title(table, about)}]({figure.name})" if found else "",
        SPREAD if any(row.trials > 1 for row in rows) else "",
        note(table, output),
    ]
    path = output / f"{table}.md"
    write_text(path, document(parts), overwrite=True)
    return path


def title(table: str, about: About) -> str:
    """Heading of the page."""
    return about.title or TITLES.get(table, table)


def heading(table: str, about: About) -> list[str]:
    """Title, and what was run where."""
    took = f" in {clock(about.seconds)}" if about.seconds is not None else ""
    facts = [
        f"Preset {about.preset}." if about.preset else "",
        f"Seed {about.seeds}." if about.seeds else "",
        f"{about.pictures.rstrip('.')}." if about.pictures else "",
        f"Settings: {', '.join(f'{k} {v}' for k, v in about.settings.items())}." if about.settings else "",
    ]
    return [
        f"# {title(table, about)}",
        f"Written by `{about.command}` on {about.hardware}{took}; do not edit.",
        " ".join(fact for fact in facts if fact),
    ]


def targets_part(found: Sequence[Target]) -> str:
    """The targets as a section, empty where there are none."""
    if not found:
        return ""
    lines = [(t.what, t.wanted, t.measured, "reached" if t.reached else "**not reached**") for t in found]
    head = ("", "target", "measured", "")
    return f"## Targets\n\n{reached_count(found)}.\n\n{markdown_table(head, lines, numbers=False)}"


def note(table: str, output: Path) -> str:
    """What somebody wrote beside the page, by hand."""
    path = output / "notes" / f"{table}.md"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read ({error})") from error


def _named(table: str, block: Block, among: Sequence[Block]) -> Iterable[Target]:
    several = len({other.network for other in among}) > 1
    for target in targets(table, block):
        what = f"{target.what}, {block.network}" if several and block.network else target.what
        yield Target(what, target.wanted, target.measured, target.reached)


def _block(table: str, block: Block) -> list[str]:
    statements = zero_verdict(block) if table == "zero" else verdict(table, block)
    return [f"## {block.title}", *sections(table, block), paragraph(statements)]
