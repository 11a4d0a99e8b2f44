"""Which result was made of which file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rcl_cli.errors import FileError, RclError
from rcl_cli.files import is_file, is_folder, real_path
from rcl_cli.raw.folder import Found, search
from rcl_cli.raw.guarded import read_record
from rcl_cli.raw.record import Record, source_digest

_DEPTH = 5
"""Folders above a result of which one may be that of all results."""


@dataclass(frozen=True)
class Match:
    """A file, what was made of it, and what it should look like where that is known."""

    before: Path
    after: Path
    record: Record | None = None
    """How the result was made, where it says so."""
    clean: Path | None = None


@dataclass
class Matches:
    """Those found, and results and paths that are not in them, each with its reason."""

    found: list[Match] = field(default_factory=list)
    left: list[FileError] = field(default_factory=list)
    without: list[Path] = field(default_factory=list)
    """Pictures of which nothing was made."""


def match(paths: Sequence[Path], clean: Path | None = None) -> Matches:
    """The pairs among `paths`: files or folders of pictures and of results.

    Results of rcl are told by what their files say, and belong to the file of which they say so; where that is not
    among the paths it is looked for where `rcl apply` would have had it from. Two files are shown whatever they are. Of
    two paths without such results the first is taken for the pictures and the second for what was made of them, file by
    file of one name. `clean`: file or folder of the clean pictures. Raises RclError where there is nothing to show.
    """
    inputs, results, errors = _sorted(paths)
    matches = Matches(left=errors)
    if results:
        _by_record(inputs, results, paths, matches)
    if len(paths) == 2 and not matches.found and all(is_file(path) for path in paths):
        record = next((record for path, record in results if path == paths[1]), None)
        matches = Matches([Match(paths[0], paths[1], record)])
    elif len(paths) == 2 and not results:
        inputs = search(paths[:1]).files
        _by_name(inputs, search(paths[1:]).files, matches)
    if not matches.found and not matches.left:
        raise RclError("there are no results of rcl in these paths; give the pictures first and the results second")
    shown = {real_path(one.before) for one in matches.found}
    matches.without = [file.path for file in inputs if matches.found and real_path(file.path) not in shown]
    if clean is not None:
        matches.found = [*_with_clean(matches.found, clean)]
    return matches


def _sorted(paths: Sequence[Path]) -> tuple[list[Found], list[tuple[Path, Record]], list[FileError]]:
    found = search(paths)
    results = {real_path(path): path for path in found.results}
    inputs = []
    for file in found.files:
        if file.named and read_record(file.path) is not None:
            results.setdefault(real_path(file.path), file.path)
        else:
            inputs.append(file)
    # A folder of results alone is no error here.
    errors = [error for error in found.errors if not (is_folder(error.path) and _holds(error.path, found.results))]
    # Where a path leads to results alone, these are meant, and not others that lie among the pictures.
    meant = [path for path in paths if not any(_is_at(file.path, path) for file in inputs)]
    chosen = [path for path in results.values() if any(_is_at(path, place) for place in meant)] or results.values()
    records = [(path, record) for path in sorted(chosen) if (record := read_record(path)) is not None]
    return inputs, records, errors


def _is_at(file: Path, path: Path) -> bool:
    return file == path or path in file.parents


def _holds(folder: Path, files: Iterable[Path]) -> bool:
    return any(folder in file.parents for file in files)


def _by_record(
    inputs: Sequence[Found], results: Sequence[tuple[Path, Record]], paths: Sequence[Path], matches: Matches
) -> None:
    known, usual = Sources(file.path for file in inputs), Sources(path for path, _ in results)
    for folder in {place for path, _ in results for place in _usual_folders(path)} if not inputs else ():
        usual.add(_files_in(folder))
    lonely = []
    for path, record in results:
        source = known.of(path, record) or usual.of(path, record)
        if source is not None:
            matches.found.append(Match(source, path, record))
        elif not inputs or path in paths:
            lonely.append(path)
    sources = {real_path(one.before) for one in matches.found}
    reason = "is a result of a file that is not there any more, or has changed; give that file too"
    matches.left += [FileError(path, reason) for path in lonely if real_path(path) not in sources]


def _usual_folders(result: Path) -> Iterator[Path]:
    """Where the source of a result may lie: in its folder, or where that is without one of the folders above."""
    parts = result.absolute().parent.parts
    yield result.parent
    for number in range(len(parts) - 1, max(0, len(parts) - 1 - _DEPTH), -1):
        yield Path(*parts[:number], *parts[number + 1 :])


class Sources:
    """Files by their stems, so that few have to be read for one of them to be found."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._by_stem: dict[str, list[Path]] = {}
        self.add(paths)

    def add(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self._by_stem.setdefault(path.stem.casefold(), []).append(path)

    def of(self, result: Path, record: Record) -> Path | None:
        """The file that `result` was made of."""
        stem = result.stem.casefold()
        # A result may be called a, a.CR2, a_dn or a-denoise.
        alike = [path for name, paths in self._by_stem.items() if stem.startswith(name) for path in paths]
        for path in sorted(alike, key=lambda path: (-len(path.stem), path)):
            if real_path(path) != real_path(result) and record.source == source_digest(path) != "":
                return path
        return None


def _files_in(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError:
        return []


def _by_name(before: Sequence[Found], after: Sequence[Found], matches: Matches) -> None:
    if len(before) == len(after) == 1 and real_path(before[0].path) != real_path(after[0].path):
        matches.found.append(Match(before[0].path, after[0].path))
        return
    by_name = {file.relative.with_suffix("").as_posix().casefold(): file.path for file in after}
    for file in before:
        full, short = (name.as_posix().casefold() for name in (file.relative, file.relative.with_suffix("")))
        partner = by_name.get(short) or by_name.get(full)
        if partner is not None and real_path(partner) != real_path(file.path):
            matches.found.append(Match(file.path, partner))
    if not matches.found and not matches.left:
        raise RclError("no file of the first folder has one of the same name in the second")


def _with_clean(found: Sequence[Match], clean: Path) -> Iterable[Match]:
    files = search([clean]).files
    stems = {file.path.stem.casefold(): file.path for file in files}
    alone = files[0].path if len(files) == len(found) == 1 else None
    for one in found:
        yield Match(one.before, one.after, one.record, alone or stems.get(one.before.stem.casefold()))
