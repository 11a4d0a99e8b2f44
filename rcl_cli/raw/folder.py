"""Finding the raws and pictures that the user's paths name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rcl_cli.errors import FileError
from rcl_cli.files import RealPaths, is_folder
from rcl_cli.raw.format import format_names
from rcl_cli.raw.guarded import read_records, sniff
from rcl_cli.raw.sniff import RAW_SUFFIXES, RGB_SUFFIXES, Kind
from rcl_cli.raw.walk import walk


@dataclass(frozen=True, order=True)
class Found:
    """One file to work on."""

    path: Path
    relative: Path
    """Where its result goes below an output folder: the path below the folder that was named, or just the name."""
    named: bool = field(default=False, compare=False)
    """True where the file itself was named, so that it is meant; False for one of many in a walked folder."""

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


def find_files(paths: Iterable[Path], *, links: bool = False) -> tuple[list[Found], list[FileError]]:
    """The `files` and `errors` of `search`."""
    found = search(paths, links=links)
    return found.files, found.errors


def search(paths: Iterable[Path], *, links: bool = False) -> Search:
    """The files that `paths` name.

    Folders are walked as by `walk`; what neither is nor is called a raw or picture, and results of rcl are left out.
    A file named itself is always taken. A file and links to it are one, under its own name or, if a link alone is
    named, under that; with `links` each name counts. Missing paths, folders that cannot be listed and folders without
    inputs are errors.
    """
    found: dict[Path, Found] = {}
    errors: list[FileError] = []
    results: list[Path] = []
    places = RealPaths()
    plugged = {f".{name}" for name in format_names()}
    for path in paths:
        if is_folder(path):
            pictures = [file for file in walk(path, errors) if file.suffix.lower() in plugged or _is_picture(file)]
            asked = [file for file in pictures if _may_be_made(file)]
            made = {file for file, record in zip(asked, read_records(asked), strict=True) if record is not None}
            results += made
            inside = [Found(file, file.relative_to(path)) for file in pictures if file not in made]
            if not inside and not any(error.path.is_relative_to(path) for error in errors):
                errors.append(FileError(path, _nothing(len(made))))
        elif os.path.lexists(path):
            inside = [Found(path, Path(path.name), named=True)]
        else:
            inside = []
            errors.append(FileError(path, "does not exist"))
        for file in inside:
            place = places.of(file.path.parent) / file.path.name if links else places.of(file.path)
            before = found.setdefault(place, file)
            # The file goes before a link to it, and being meant counts wherever it was met first.
            kept = file if before.path.is_symlink() and not file.path.is_symlink() and not before.named else before
            found[place] = replace(kept, named=before.named or file.named)
    return Search(sorted(found.values()), errors, sorted(results))


def twice(found: Iterable[Found]) -> tuple[set[Path], set[Path]]:
    """The raws and the pictures, of walked folders, that a camera wrote of one shot: a.CR2 and a.JPG."""
    by_stem: dict[Path, list[Path]] = {}
    for file in found:
        if not file.named:
            by_stem.setdefault(file.path.with_suffix(""), []).append(file.path)
    raws: set[Path] = set()
    pictures: set[Path] = set()
    for paths in by_stem.values():
        rgb = {path for path in paths if len(paths) > 1 and is_rgb(path)}
        if rgb and len(rgb) < len(paths):
            raws |= set(paths) - rgb
            pictures |= rgb
    return raws, pictures


def raws_alone(found: Sequence[Found]) -> tuple[list[Found], str]:
    """`found` without the pictures of shots that are there as raws too, and what the user is to hear of that, if so."""
    _, pictures = twice(found)
    if not pictures:
        return list(found), ""
    count = "1 picture is" if len(pictures) == 1 else f"{len(pictures)} pictures are"
    said = f"{count} left out, because the raws of the same shots lie beside them, such as {min(pictures)}"
    return [file for file in found if file.path not in pictures], said


def is_rgb(path: Path) -> bool:
    """Whether a file is a picture and no raw by its content; False for what cannot be read."""
    try:
        return sniff(path).is_rgb
    except FileError:
        return False


def _may_be_made(path: Path) -> bool:
    """False for raws as cameras write them, which rcl writes none of."""
    return path.suffix.lower() == ".dng" or path.suffix.lower() not in RAW_SUFFIXES


def _nothing(results: int) -> str:
    if results:
        return "holds results of rcl alone, which are no inputs again; name the files themselves to use them"
    return "holds no raws or pictures; name a folder that does"


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() in RAW_SUFFIXES | RGB_SUFFIXES:
        return True
    try:
        return sniff(path) not in (Kind.UNKNOWN, Kind.EMPTY)
    except FileError:
        return False
