"""What an unfinished calibration has measured so far, so that the same command goes on instead of beginning anew."""

from __future__ import annotations

import hashlib
import json
import os
import time
import types
import typing
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from rcl_cli.disk.write import write_text
from rcl_cli.errors import FileError
from rcl_cli.files import real_path
from rcl_cli.profiles.images import ImageCalibration, calibrate_file

_KEPT_S = 7 * 24 * 3600.0
"""How long measurements wait for the command to be run again."""


class Journal:
    """A folder of measurements, one file each; they go when the calibration that made them has ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._used: list[Path] = []
        with suppress(OSError):
            for entry in list(folder.iterdir()):
                if time.time() - entry.stat().st_mtime > _KEPT_S:
                    entry.unlink()

    def measure(self, path: Path, *, linear: bool = False) -> ImageCalibration:
        """`calibrate_file`, or what it gave before for the same state of the file. Raises FileError as that does."""
        entry = self._entry(path, linear)
        if entry is None:
            return calibrate_file(path, linear=linear)
        self._used.append(entry)
        known = _load(entry)
        if known is not None:
            return replace(known, path=path)
        made = calibrate_file(path, linear=linear)
        with suppress(FileError):  # without room for it the calibration goes on, and is begun anew next time
            write_text(entry, json.dumps(plain(made)), overwrite=True, durable=False)
        return made

    def adopt(self, path: Path, *, linear: bool = False) -> None:
        """`finish` forgets what another process has measured of the file, too."""
        entry = self._entry(path, linear)
        if entry is not None:
            self._used.append(entry)

    def finish(self) -> None:
        """Forget what was used: it is in the profiles now."""
        with suppress(OSError):
            for entry in self._used:
                entry.unlink(missing_ok=True)
            self.folder.rmdir()
            self.folder.parent.rmdir()  # where nothing else is unfinished

    def _entry(self, path: Path, linear: bool) -> Path | None:
        try:
            status = path.stat()
        except OSError:
            return None  # measuring it will tell why
        parts = (real_path(path), status.st_mtime_ns, status.st_size, linear, version("rcl-cli"))
        digest = hashlib.sha256(os.fsencode("\0".join(map(str, parts)))).hexdigest()
        return self.folder / f"{digest[:32]}.json"


def _load(entry: Path) -> ImageCalibration | None:
    try:
        made = restored(ImageCalibration, json.loads(entry.read_text()))
        return made if isinstance(made, ImageCalibration) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def plain(value: Any) -> Any:
    """Dataclasses of numbers, arrays, texts, paths and tuples as JSON has them; `restored` is the inverse."""
    match value:
        case np.ndarray():
            return {"dtype": value.dtype.str, "values": value.tolist()}
        case np.generic():
            return value.item()
        case tuple() | list():
            return [plain(item) for item in value]
        case Path():
            return str(value)
        case _ if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value


def restored(kind: Any, value: Any) -> Any:
    """What `plain` made `value` of: `kind` is its annotation. Raises KeyError, TypeError or ValueError otherwise."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else restored(next(part for part in parts if part is not type(None)), value)
    if origin is np.ndarray:
        return np.array(value["values"], value["dtype"])
    if origin is tuple:
        kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
        return tuple(restored(part, item) for part, item in zip(kinds, value, strict=True))
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        made: Any = kind
        return made(**{field.name: restored(hints[field.name], value[field.name]) for field in fields(kind)})
    return Path(value) if kind is Path else value
