"""A value of `rcl.toml` as it would have been typed, so that the command line's own checks judge it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from rcl_cli.cli.options.numbers import shown
from rcl_cli.files import exists
from rcl_cli.suggest import did_you_mean

ONLY_TYPED = frozenset(["help", "debug", "config", "version"])
"""Options that are for one command line alone."""
_LONGEST, _FEW = 10_000, 4
_IS_PATH = re.compile(r"\b(PATH|FILE)\b")


def key_of(parameter: click.Parameter) -> str | None:
    """What an option is called in a file: its long name without dashes; None for what is no option."""
    if not isinstance(parameter, click.Option):
        return None
    return next((name[2:] for name in parameter.opts if name.startswith("--")), None)


def plain(key: str) -> str:
    """`lr_fall` is `lr-fall`."""
    return key.replace("_", "-")


def options_by_key(parameters: Iterable[click.Parameter]) -> dict[str, click.Option]:
    """Those that a file may set."""
    return {
        key: parameter
        for parameter in parameters
        if isinstance(parameter, click.Option) and (key := key_of(parameter)) is not None and key not in ONLY_TYPED
    }


def unknown(key: str, known: dict[str, click.Option], verb: str) -> str:
    """The sentence on a key that names no option."""
    if plain(key) in ONLY_TYPED:
        return f"--{plain(key)} is only for the command line; take it out"
    negated = {no[2:]: name for name, option in known.items() for no in option.secondary_opts}
    if plain(key) in negated:
        return f"write {negated[plain(key)]} = false"
    return f"`rcl {verb}` has no option {shown(key)!r}{did_you_mean(key, known)}; `rcl {verb} --help` lists them"


def typed(option: click.Option, value: Any, folder: Path) -> Any:
    """The value as the parser would hand it over: text, a list of texts, or True or False of a flag.

    Relative paths begin at `folder`. Raises ValueError, a sentence, for a value of another kind.
    """
    if option.is_flag:
        if not isinstance(value, bool):
            raise ValueError(f"{in_words(value)} is neither true nor false")
        return value
    if option.multiple and option.nargs == 1:
        many = value if isinstance(value, list) else [value]
        return [_text(option, one, folder) for one in many]
    if option.nargs != 1:
        if not isinstance(value, list) or len(value) != option.nargs:
            raise ValueError(f"{in_words(value)} is no list of {option.nargs} values, such as [1, 2]")
        return [_text(option, one, folder) for one in value]
    return _text(option, value, folder)


def _text(option: click.Option, value: Any, folder: Path) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{in_words(value)} is neither a text in quotes nor a number")
    try:
        text = str(value)
    except ValueError as error:  # thousands of digits, written in hexadecimal
        raise ValueError("is a number with thousands of digits") from error
    if "\0" in text or len(text) > _LONGEST:
        raise ValueError(f"{shown(text)!r} is no text that could be typed")
    return _path(option, text, folder) if isinstance(value, str) else text


def _path(option: click.Option, text: str, folder: Path) -> str:
    """Paths from `folder` on; names of models and the like, which may be paths, where there is such a file."""
    if not text or text[:1] == "@" or text == "-":
        return text
    path = Path(text).expanduser() if text[:1] == "~" else Path(text)
    if isinstance(option.type, click.Path):
        return str(folder / path)
    may_be = _IS_PATH.search(option.metavar or "") is not None
    return str(folder / path) if may_be and exists(folder / path) else text


def in_words(value: Any) -> str:
    """A value as it stands in a file, the end of a long one left out."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{…}" if value else "{}"
        case list():
            few = [in_words(one) for one in value[:_FEW]]
            return f"[{', '.join(few)}{', …' if len(value) > _FEW else ''}]"
    import json

    try:
        return json.dumps(shown(value), ensure_ascii=False) if isinstance(value, str) else shown(value)
    except ValueError:
        return "a number with thousands of digits"
