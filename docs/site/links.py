"""The links of a Markdown text: which files of the repository they lead to, and how to write them anew."""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]*)(#[^)\s]*)?(?=\))")
_BRACKETS = re.compile(r"(?P<code>(`+)[^`]+\2)|(?<![!\\])\[(?P<words>[^\[\]\n]*)\](?![(\[:])")


def targets(markdown: str, origin: str) -> Iterator[str]:
    """Paths in the repository that the text of the file `origin` links to; both are relative to its root."""
    for _, path, _ in _links(markdown):
        yield _joined(origin, path)


def rewritten(markdown: str, origin: str, place: str, page_of: Callable[[str], str]) -> str:
    """The text of the file `origin` as that of the page `place`.

    `page_of` gives the page, or the file of the site, of a path in the repository.
    """
    parts, end = [], 0
    for start, path, anchor in _links(markdown):
        found = page_of(_joined(origin, path))
        parts += [markdown[end:start], os.path.relpath(found, PurePosixPath(place).parent), anchor]
        end = start + len(path) + len(anchor)
    return "".join([*parts, markdown[end:]])


def as_python_markdown(markdown: str) -> str:
    """The same text where Python-Markdown reads it otherwise than GitHub.

    It shows the backslash of a bar in the code of a table, and takes words in brackets for the name of a link.
    """
    parts, end = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [_BRACKETS.sub(_escaped, markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _BRACKETS.sub(_escaped, markdown[end:])])


def _escaped(match: re.Match[str]) -> str:
    if match["code"]:
        return match[0].replace(r"\|", "|")
    return rf"\[{match['words']}\]"


def _links(markdown: str) -> Iterator[tuple[int, str, str]]:
    """Where each link starts, its path and its anchor; not those within the page, nor those to other sites."""
    fences = [match.span() for match in _FENCE.finditer(markdown)]
    for match in _LINK.finditer(markdown):
        if match[1] and not any(start <= match.start() < end for start, end in fences):
            yield match.start(), match[1], match[2] or ""


def _joined(origin: str, path: str) -> str:
    return os.path.normpath(PurePosixPath(origin).parent / path)
