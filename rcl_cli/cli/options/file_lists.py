"""`@LIST` and `-` among PATHS: the paths that a file or standard input names, one a line or ended by NUL."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from rcl_cli.cli.options.shared import PATH
from rcl_cli.files import exists


def paths_argument(*, required: bool = False, metavar: str | None = None) -> Callable[[Any], Any]:
    """The argument PATHS, in which lists are replaced by what they name."""
    return click.argument("paths", nargs=-1, required=required, metavar=metavar, type=PATH, callback=expanded)


def split_list(content: bytes) -> list[Path]:
    r"""The paths of a list. Where there is a NUL, each path is ended by one, so that it may have line breaks in it.

    >>> [str(path) for path in split_list(b"a b.dng\r\n\nc.dng\n")], len(split_list(b"a\nb\0c\0"))
    (['a b.dng', 'c.dng'], 2)
    """
    names = content.split(b"\0") if b"\0" in content else [line.rstrip(b"\r") for line in content.split(b"\n")]
    return [Path(os.fsdecode(name)) for name in names if name]


def expanded(ctx: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Callback of an argument or a repeatable option whose values are paths or lists."""
    return tuple(path for given in paths for path in _named(given, parameter, ctx))


def _named(given: Path, parameter: click.Parameter, ctx: click.Context) -> Iterator[Path]:
    text = str(given)
    if text == "-":
        yield from _listed(_standard_input(), "standard input", parameter, ctx)
    elif text[:1] == "@" and not exists(given):
        try:
            content = Path(text[1:]).read_bytes()
        except OSError as error:
            said = f"the list {text[1:]!r} cannot be read ({error.strerror})"
            raise click.BadParameter(said, ctx, parameter) from error
        yield from _listed(content, text[1:], parameter, ctx)
    else:
        yield given


def _listed(content: bytes, name: str, parameter: click.Parameter, ctx: click.Context) -> list[Path]:
    paths = split_list(content)
    if not paths:
        raise click.BadParameter(f"{name} names no files; give one path a line, or end each by NUL", ctx, parameter)
    return paths


def _standard_input() -> bytes:
    return b"" if sys.stdin is None else sys.stdin.buffer.read()
