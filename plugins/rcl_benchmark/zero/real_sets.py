"""Sets of real pairs in a folder, and which of the pairs can be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rcl_benchmark.zero.real_pictures import real_picture
from rcl_cli.data.file_pairs import FilePair, find_pairs
from rcl_cli.data.fingerprint import fingerprint
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError


@dataclass(frozen=True)
class RealSet:
    """Pairs that are scored together."""

    name: str
    """The folder's: `Row.data`."""
    pairs: tuple[FilePair, ...]

    @property
    def fingerprint(self) -> str:
        """Changes with the name or size of any file."""
        return f"{fingerprint(pair.noisy for pair in self.pairs)}; {fingerprint(pair.clean for pair in self.pairs)}"


def find_sets(folder: Path, least: int) -> tuple[list[RealSet], list[FileError]]:
    """The sets in a folder, and the noisy files that are left out, with the reason.

    The folder is one set where pairs lie in it, else each of its folders with pairs is one. `least`: pixels that each
    side of a picture must have. Raises FileError where there is no pair that can be used.
    """
    sets, failures = [], list[FileError]()
    for place in _places(folder):
        pairs, lonely = find_pairs(place)
        usable, unusable = _sorted_out(pairs, least)
        failures += [*lonely, *unusable]
        if usable:
            sets.append(RealSet(_name(place), usable))
    if not sets:
        raise failures[0]
    return sets, failures


def _places(folder: Path) -> list[Path]:
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    if folder / "noisy" in inside or any(pair.noisy.parent == folder for pair in _pairs(folder)):
        return [folder]
    return [path for path in inside if _pairs(path)] or [folder]


def _pairs(folder: Path) -> list[FilePair]:
    try:
        return find_pairs(folder)[0]
    except FileError:
        return []


def _name(place: Path) -> str:
    name = place.resolve().name
    if name in [domain.value for domain in Domain]:
        raise FileError(place, f"is named {name}, as simulated pictures are; give it another name")
    return name


def _sorted_out(pairs: Sequence[FilePair], least: int) -> tuple[tuple[FilePair, ...], list[FileError]]:
    usable, failures = [], list[FileError]()
    for pair in pairs:
        try:
            _check(pair, least)
        except FileError as error:
            failures.append(error)
        else:
            usable.append(pair)
    return tuple(usable), failures


def _check(pair: FilePair, least: int) -> None:
    height, width = real_picture(pair).noisy.shape[-2:]
    if min(height, width) < least:
        raise FileError(pair.noisy, f"is {width}×{height}, smaller than the crops of {least}×{least} pixels")
