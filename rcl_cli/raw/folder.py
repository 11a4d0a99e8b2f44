"""Finding the raws and pictures that the user's paths name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rcl_cli.errors import FileError
from rcl_cli.raw.format import format_names
from rcl_cli.raw.record import read_record
from rcl_cli.raw.sniff import RAW_SUFFIXES, RGB_SUFFIXES, Kind, sniff


@dataclass(frozen=True, order=True)
class Found:
    """One file to work on."""

    path: Path
    relative: Path
    """Where its result goes below an output folder: the path below the folder that was named, or just the name."""

    @property
    def root(self) -> Path:
        """The folder that was named and walked, or the one that the file lies in."""
        return self.path.parents[len(self.relative.parts) - 1]


@dataclass(frozen=True)
class Search:
    """What paths name."""

    files: list[Found]
    """Each once, and sorted."""
    errors: list[FileError]
    """What is wrong with the paths that cannot be used."""
    results: list[Path]
    """Results of rcl in walked folders, which are no inputs."""


def find_files(paths: Iterable[Path]) -> tuple[list[Found], list[FileError]]:
    """The `files` and `errors` of `search`."""
    found = search(paths)
    return found.files, found.errors


def search(paths: Iterable[Path]) -> Search:
    """The files that `paths` name.

    Folders are walked: hidden files, what neither is nor is called a raw or picture, and results of rcl are left out.
    A file named itself is always taken. Missing paths, folders that cannot be listed and folders without inputs are
    errors.
    """
    found: dict[Path, Found] = {}
    errors: list[FileError] = []
    results: list[Path] = []
    plugged = {f".{name}" for name in format_names()}
    for path in paths:
        if path.is_dir():
            pictures = [file for file in _walk(path, errors) if file.suffix.lower() in plugged or _is_picture(file)]
            made = {file for file in pictures if read_record(file) is not None}
            results += made
            inside = [Found(file, file.relative_to(path)) for file in pictures if file not in made]
            if not inside and not any(error.path.is_relative_to(path) for error in errors):
                errors.append(FileError(path, _nothing(len(made))))
        elif os.path.lexists(path):
            inside = [Found(path, Path(path.name))]
        else:
            inside = []
            errors.append(FileError(path, "does not exist"))
        for file in inside:
            found.setdefault(file.path.resolve(), file)
    return Search(sorted(found.values()), errors, sorted(results))


def _nothing(results: int) -> str:
    if results:
        return "holds results of rcl alone, which are no inputs again; name the files themselves to use them"
    return "holds no raws or pictures; name a folder that does"


def _walk(folder: Path, errors: list[FileError]) -> Iterator[Path]:
    def note(error: OSError) -> None:
        errors.append(FileError(error.filename or folder, f"cannot be listed ({error.strerror})"))

    for root, folders, names in os.walk(folder, onerror=note):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = (Path(root, name) for name in names if not name.startswith("."))
        # Opening a pipe would wait for ever. A link that leads nowhere is named as what it is.
        yield from (file for file in files if file.is_file() or not file.exists())


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() in RAW_SUFFIXES | RGB_SUFFIXES:
        return True
    try:
        return sniff(path) not in (Kind.UNKNOWN, Kind.EMPTY)
    except FileError:
        return False
