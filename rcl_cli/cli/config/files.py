"""`rcl.toml`: where these files are, and what they say. Nothing of them is believed that is not looked at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rcl_cli.errors import FileError
from rcl_cli.files import exists, is_folder

NAME = "rcl.toml"
MOST_BYTES = 100_000
_MOST_DOTS = 60
"""In a line: of file names, or of a name with parts."""
_DEEPEST = 8
"""Tables and lists inside one another; options need four."""
_TOO_DEEP = "is nested too deeply; a section has options, and no more than one table below"


@dataclass(frozen=True)
class ConfigFile:
    """A file of defaults. `kind`: "given" by --config or RCL_CONFIG, "project" or "user"."""

    path: Path
    kind: str
    tables: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Its own, absolute: what relative paths in it begin at."""
        return Path(os.path.abspath(self.path)).parent  # noqa: PTH100  # keeps links as they are


def user_path() -> Path:
    """Where the defaults of all folders are; there may be no such file."""
    import platformdirs

    return platformdirs.user_config_path("rcl") / NAME


def project_path() -> Path | None:
    """The nearest rcl.toml, in the current folder or one above it; no further than the user's home folder."""
    try:
        here = Path.cwd()
    except OSError:  # removed, or not to be entered
        return None
    home = Path.home()
    for folder in (here, *here.parents):
        if exists(folder / NAME) and not is_folder(folder / NAME):
            return folder / NAME
        if folder == home:
            return None
    return None


def open_files(given: Path | None) -> list[ConfigFile]:
    """Those that are in force, what comes first before what comes after it; `given` alone, if there is one.

    Raises FileError for one that cannot be read.
    """
    if given is not None:
        return [read(given, "given")]
    found = [(path, kind) for path, kind in ((project_path(), "project"), (user_path(), "user")) if path is not None]
    if len(found) == 2 and exists(found[1][0]) and found[0][0].samefile(found[1][0]):
        found.pop(0)
    return [read(path, kind) for path, kind in found if exists(path)]


def read(path: Path, kind: str) -> ConfigFile:
    """Raises FileError, which says the line, for what is no TOML, too large or nested too deeply."""
    if not path.is_file() and str(path) != os.devnull:
        raise FileError(path, "is no file with contents; --config takes a TOML file")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror or error})") from error
    if len(content) > MOST_BYTES:
        raise FileError(path, f"is larger than {MOST_BYTES // 1000} kB, so it is no file of options")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileError(path, f"line {line}: is not UTF-8; save the file as UTF-8") from error
    for number, row in enumerate(text.splitlines(), start=1):
        # The parser's time grows with the square of a name's parts.
        if row.count(".") > _MOST_DOTS and not row.lstrip().startswith("#"):
            raise FileError(path, f"line {number}: is nested too deeply, by more than {_MOST_DOTS} dots")
    import tomllib

    try:
        tables = tomllib.loads(text)
    except RecursionError as error:
        raise FileError(
            path, "is nested too deeply; a section has options, and no more than one table below"
        ) from error
    except ValueError as error:  # TOMLDecodeError, and numbers with thousands of digits
        raise FileError(path, _said(error, text)) from error
    if any(depth > _DEEPEST for depth in _depths(tables)):
        raise FileError(path, _TOO_DEEP)
    return ConfigFile(path, kind, tables)


def _said(error: ValueError, text: str) -> str:
    if type(error) is ValueError:
        return "holds a number with thousands of digits"
    message = " ".join(str(error).split())
    place = re.search(r"\(at (?:line (\d+), column (\d+)|end of document)\)", message)
    what = re.sub(r"\s*\(at [^()]*\)$", "", message)
    what = what if len(what) < 120 else f"{what[:119]}…"
    line, column = (place[1], place[2]) if place and place[1] else (str(text.count("\n") + 1), "")
    where = f"line {line}, column {column}" if column else f"line {line}"
    return f"{where}: {what[:1].lower()}{what[1:]}; write NAME = VALUE, text in quotes"


def _depths(value: Any) -> Iterator[int]:
    """How deep each branch goes, without recursion; no deeper than the bound and one more."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        yield depth
        if depth <= _DEEPEST:
            inside = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            waiting += [(more, depth + 1) for more in inside]
