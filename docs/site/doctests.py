"""An extension of griffe: the examples in docstrings, `>>> …`, as blocks of code."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_EXAMPLE = re.compile(r"^>>> .*?(?=\n\s*\n|\Z)", re.M | re.S)


class Doctests(Extension):
    """Found by griffe in this file, which mkdocs.yml names."""

    def on_object(self, *, obj: Object, **rest: Any) -> None:
        """After an object is loaded."""
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(docstring: str) -> str:
    """The same text, with a fence around each example."""
    return _EXAMPLE.sub(lambda match: f"```pycon\n{match[0].rstrip()}\n```", docstring)
