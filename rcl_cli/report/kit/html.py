"""Pieces of a self-contained HTML page: no file beside it, nothing from the network."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources

GENERATOR = '<meta name="generator" content="rcl">'
"""By which a report is known again, in the first kilobyte of its file."""
_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


def page(title: str, lead: str, sections: Iterable[str]) -> str:
    """The whole document; `lead` and `sections` are HTML, of which empty ones are left out.

    A browser loads nothing for it and runs no script but ours, whatever the words of files in it may say.
    """
    style, script = f"\n{_resource('page.css')}", f"\n{_resource('page.js')}"
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{GENERATOR}\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<title>{text(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<style>{style}</style>\n</head>\n<body>\n<main>\n<h1>{text(title)}</h1>\n{lead}\n"
        + "\n".join(filter(None, sections))
        + f"\n</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def text(words: str) -> str:
    """Words of any origin as HTML, for elements and for attributes in double quotes.

    What cannot be seen, such as control letters and those that turn the direction of writing, is spelled out.

    >>> text('<a> "b" ' + chr(0x202E))
    '&lt;a&gt; &quot;b&quot; \\\\u202e'
    """
    return escape(
        "".join(letter if letter.isprintable() or letter in _SPACES else _spelled(letter) for letter in words)
    )


def section(title: str, *parts: str) -> str:
    """A heading and what is below it; `parts` are HTML. Empty where they all are."""
    inside = "\n".join(filter(None, parts))
    return f"<section>\n<h2>{text(title)}</h2>\n{inside}\n</section>" if inside else ""


def heading(title: str) -> str:
    """A heading within a section."""
    return f"<h3>{text(title)}</h3>"


def paragraph(words: str, *, soft: bool = False) -> str:
    """Plain text as a paragraph, `soft` for a remark."""
    return f"<p{' class=soft' if soft else ''}>{text(words)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[str | float]]) -> str:
    """Plain text and numbers; numbers are aligned to the right and shown with four significant digits.

    Empty where there are no rows; columns in which nothing stands are left out.
    """
    rows = list(rows)
    used = [i for i in range(len(head)) if any(row[i] != "" for row in rows)]
    if not used:
        return ""
    head, rows = [head[i] for i in used], [[row[i] for i in used] for row in rows]
    numeric = [all(not isinstance(row[i], str) for row in rows) for i in range(len(head))]
    kind = [' class="number"' if number else "" for number in numeric]
    lines = ["".join(f"<th{k}>{text(name)}</th>" for k, name in zip(kind, head, strict=True))]
    lines += ["".join(f"<td{k}>{_cell(value)}</td>" for k, value in zip(kind, row, strict=True)) for row in rows]
    return '<div class="wide"><table>\n' + "\n".join(f"<tr>{line}</tr>" for line in lines) + "\n</table></div>"


def facts(values: Mapping[str, str]) -> str:
    """Names and what they are, plain text; those that are empty are left out, and so is a list without any."""
    known = {name: value for name, value in values.items() if value}
    items = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in known.items())
    return f"<dl>{items}</dl>" if known else ""


def grid(parts: Iterable[str], kind: str = "halves") -> str:
    """Side by side where there is room: "halves", "thirds" or "quarters"; empty parts are left out."""
    parts = [part for part in parts if part]
    return f'<div class="grid {kind}">\n' + "\n".join(parts) + "\n</div>" if parts else ""


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return text(value)
    return f"{value:.4g}" if math.isfinite(value) else "–"


def _spelled(letter: str) -> str:
    return f"\\x{ord(letter):02x}" if ord(letter) < 256 else f"\\u{ord(letter):04x}"


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _resource(name: str) -> str:
    return resources.files("rcl_cli.report.kit").joinpath(name).read_text(encoding="utf-8")
