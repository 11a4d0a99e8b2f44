"""Pieces of Markdown. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], lines: Iterable[Sequence[str]], *, numbers: bool = True) -> str:
    """A table; where its cells are numbers, all columns but the first are aligned to the right.

    >>> print(table(("method", "dB"), [("RCL", "30.1")]))
    | method | dB |
    | --- | ---: |
    | RCL | 30.1 |
    """
    rule = ["---", *["---:" if numbers else "---"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))


def document(parts: Iterable[str]) -> str:
    """Paragraphs, those that are empty left out, with a line feed at the end."""
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def clock(seconds: float) -> str:
    """
    >>> clock(8), clock(75), clock(3725)
    ('8 s', '1 min 15 s', '1 h 2 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
