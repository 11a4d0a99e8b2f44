"""What the parts of a divided batch did: a file of JSON lines each, beside the results, and all of them together."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rcl_cli.cli.console import json_line
from rcl_cli.disk.sync import make_folder
from rcl_cli.disk.words import unwritable
from rcl_cli.errors import FileError, RclError
from rcl_cli.files import is_folder, real_path

log = logging.getLogger(__name__)
_NAME = re.compile(r"rcl-(?P<task>.+)-(?P<number>[0-9]+)-of-(?P<count>[0-9]+)\.jsonl")
Line = dict[str, Any]


class ShardLog:
    """Appends lines to a file, each handed to the system at once; with None it does nothing.

    What cannot be written is said once: a log is no reason to end a batch.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._begun = False

    def begin(self) -> None:
        """Makes the file, so that a part that no file belongs to has a log as well."""
        self._append(b"")

    def write(self, values: Mapping[str, Any]) -> None:
        """One line, as `rcl apply --json` prints it."""
        self._append(json_line(values).encode() + b"\n")

    def _append(self, content: bytes) -> None:
        if self.path is None:
            return
        try:
            make_folder(self.path.parent)
            with self.path.open("ab", buffering=0) as file:
                if not self._begun:
                    file.truncate(_whole(self.path.read_bytes()))
                    self._begun = True
                file.write(content)
        except OSError as error:
            log.warning("%s %s; the work goes on without a log", self.path, unwritable(error, self.path.parent))
            self.path = None


def shard_log(paths: Sequence[Path], folder: Path | None, task: str, suffix: str, shard: str | None) -> ShardLog:
    """The log of a part, "I/N", in the folder of the results; of the first, where each folder given has its own."""
    number, _, count = (shard or "1/1").replace(" ", "").partition("/")
    if int(count) == 1:
        return ShardLog(None)
    first = paths[0] if is_folder(paths[0]) else paths[0].parent
    place = folder or (first if suffix else first / task)
    return ShardLog(place / f"rcl-{task}-{int(number)}-of-{int(count)}.jsonl")


@dataclass
class Merged:
    """What all parts did."""

    lines: dict[str, Line] = field(default_factory=dict)
    """Of each input the one that counts, by its path."""
    missing: list[str] = field(default_factory=list)
    """Parts of which there is no log, "I/N"."""
    damaged: list[FileError] = field(default_factory=list)
    """Logs that cannot be used."""


def merge(paths: Iterable[Path], output: Path | None = None) -> Merged:
    """The logs among these files and in these folders, put together; one that is named twice counts once.

    Of several lines about a file the last counts, but that a result exists does not hide how it was made. A last line
    that was cut off is left out. Raises RclError where there are no logs, FileError where one of them is `output`,
    which is to be written: it would be lost.
    """
    merged, parts = Merged(), dict[tuple[str, int], set[int]]()
    places = {real_path(file): file for path in paths for file in _logs(path, merged.damaged)}
    files = list(places.values())
    if output is not None and real_path(output) in places:
        raise FileError(output, "is one of the logs that are put together; choose another --output")
    if merged.damaged and not files:
        return merged
    if not files:
        raise RclError("there are no logs of parts, such as rcl-denoise-1-of-8.jsonl; name the folder of the results")
    for file in files:
        if found := _NAME.fullmatch(file.name):
            parts.setdefault((found["task"], int(found["count"])), set()).add(int(found["number"]))
        try:
            lines = _lines(file)
        except FileError as error:
            merged.damaged.append(error)
            continue
        for line in lines:
            before = merged.lines.get(line["path"])
            if before is None or before["status"] != "done" or line["status"] == "done":
                merged.lines[line["path"]] = line
    for (_, count), seen in sorted(parts.items()):
        merged.missing += [f"{number}/{count}" for number in range(1, count + 1) if number not in seen]
    return merged


def _logs(path: Path, failures: list[FileError]) -> list[Path]:
    if not is_folder(path):
        return [path]
    try:
        return sorted(file for file in path.iterdir() if _NAME.fullmatch(file.name))
    except OSError as error:
        failures.append(FileError(path, f"cannot be listed ({error.strerror})"))
        return []


def _whole(content: bytes) -> int:
    """The bytes before a last line that was cut off."""
    return content.rfind(b"\n") + 1


def _lines(file: Path) -> list[Line]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FileError(file, f"cannot be read ({error.strerror})") from error
    whole = content[: _whole(content)].splitlines()
    try:
        lines = [json.loads(line) for line in whole]
        if all(isinstance(line["path"], str) and line["status"] in ("done", "skipped", "failed") for line in lines):
            return lines
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise FileError(file, "is no log of `rcl apply --shard`, or is damaged")
