"""The page of a benchmark, in Markdown: what was run, people's words, tables and figures."""

from __future__ import annotations

import os
import platform
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from rcl_cli.disk.write import write_text
from rcl_cli.errors import FileError

Result = TypeVar("Result")


class Benchmark(ABC, Generic[Result]):
    """What is shown of one kind of results, all in one place."""

    name: str
    """Of the page and its figures: NAME.md, NAME.png."""
    title: str
    """Heading of the page."""
    columns: ClassVar[Mapping[str, Callable[[Any], str]]]
    """What the terminal shows of a result, by heading."""
    words: ClassVar[int] = 2
    """So many of the columns, the first ones, are words; the others are numbers."""

    @abstractmethod
    def load(self, values: dict[str, Any]) -> Result:
        """A result from the values of its fields as JSON has them. Raises ValueError, KeyError or TypeError."""

    @abstractmethod
    def sections(self, results: Sequence[Result]) -> list[str]:
        """Tables and pictures, as Markdown."""

    @abstractmethod
    def draw(self, results: Sequence[Result], folder: Path) -> None:
        """Write the figures that `sections` shows to `folder`, in place of earlier ones."""


@dataclass(frozen=True)
class About:
    """What was run. It holds no date: the same run gives the same page, seconds aside."""

    command: str
    """That gives every result of the page."""
    facts: Sequence[str] = ()
    """Preset, seed, pictures, settings: a sentence each, without its full stop."""
    device: str = "cpu"


def write_page(benchmark: Benchmark[Result], results: Sequence[Result], about: About, output: Path) -> Path:
    """Write `output`/NAME.md and its figures, in place of earlier ones; the path of the page.

    The words are people's: of `output`/notes/NAME.md, if there is one, what stands before the first heading opens the
    page, and the rest ends it. Raises FileError where a file cannot be read or written.
    """
    path = output / f"{benchmark.name}.md"
    opening, heading, rest = _notes(output / "notes" / path.name).partition("## ")
    benchmark.draw(results, output)
    parts = [
        f"# {benchmark.title}",
        f"Written by `{about.command}` on {hardware(about.device)}; do not edit.",
        " ".join(f"{fact}." for fact in about.facts),
        opening,
        *benchmark.sections(results),
        heading + rest,
    ]
    write_text(path, "\n\n".join(part.strip() for part in parts if part.strip()) + "\n", overwrite=True)
    return path


def table(head: Sequence[str], lines: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """A table; all columns but the first `words` are aligned to the right.

    >>> print(table(("method", "dB"), [("RCL", "30.1")]))
    | method | dB |
    | --- | ---: |
    | RCL | 30.1 |
    """
    rule = ["---" if number < words else "---:" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))


def picture(words: str, name: str) -> str:
    """A figure beside the page."""
    return f"![{words}]({name})"


def hardware(device: str = "cpu") -> str:
    """Processor and number of cores, or the GPU.

    >>> "core" in hardware()
    True
    """
    if device.startswith("cuda"):
        import torch

        return torch.cuda.get_device_name(device)
    cores = os.cpu_count() or 1
    return f"{_processor()} ({cores} core{'s' if cores > 1 else ''})"


def _notes(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read ({error})") from error


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
