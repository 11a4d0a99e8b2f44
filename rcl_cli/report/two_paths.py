"""Which files of two paths belong to each other: pictures before, and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rcl_cli.errors import FileError, RclError
from rcl_cli.files import exists, is_file, is_folder, real_path
from rcl_cli.raw.folder import Found, Search, raws_alone, search
from rcl_cli.raw.guarded import read_record
from rcl_cli.report.matching import Match, Matches, Sources, match


def match_two(before: Path, after: Path) -> Matches:
    """The pairs of a file or folder of pictures and a file or folder of what was made of them.

    Two files are a pair whatever they are. In a folder a result of rcl is found by the file of which it says that it
    was made of, and the rest by name. Results of rcl count as the pictures before where there are no others, so that
    two folders of results can be compared. One folder given twice holds pictures and results. Raises FileError for a
    path that cannot be used, and RclError where nothing belongs together.
    """
    for path in (before, after):
        if not exists(path):
            raise FileError(path, "does not exist")
    if real_path(before) == real_path(after):
        if is_folder(before):
            return match([before])
        raise FileError(before, "is given twice; give a picture and what was made of it")
    if is_file(before) and is_file(after):
        return Matches([Match(before, after, read_record(after))])
    return _in_folders(before, after)


def _in_folders(before: Path, after: Path) -> Matches:
    first, second = search([before]), search([after])
    inputs = _outside(raws_alone(first.files)[0], after, before) or _outside(_results(first, before), after, before)
    made = _outside([*_results(second, after), *second.files], before, after)
    matches = Matches(left=[*_errors(first), *_errors(second)])
    matches.found = [*_by_record(inputs, made)]
    found = {one.before for one in matches.found} | {one.after for one in matches.found}
    left, rest = ([file for file in files if file.path not in found] for files in (inputs, made))
    matches.found += _by_name(left, rest, alone=not found)
    if not matches.found and not matches.left:
        raise RclError(f"nothing in {after} was made of {before}, by what the files say or by their names")
    found = {one.before for one in matches.found}
    if is_folder(after):
        matches.without = [file.path for file in inputs if file.path not in found]
    return matches


def _results(found: Search, folder: Path) -> list[Found]:
    return [Found(path, path.relative_to(folder)) for path in found.results]


def _outside(files: Sequence[Found], other: Path, own: Path) -> list[Found]:
    """Without those in `other`, where that is a folder inside `own` or one of its files."""
    if real_path(own) not in real_path(other).parents:
        return list(files)
    return [file for file in files if not {real_path(file.path), *real_path(file.path).parents} & {real_path(other)}]


def _errors(found: Search) -> list[FileError]:
    """Without folders that are said to hold results alone, which is no error here."""
    return [error for error in found.errors if not any(error.path in path.parents for path in found.results)]


def _by_record(inputs: Sequence[Found], made: Sequence[Found]) -> Iterator[Match]:
    known = Sources(file.path for file in inputs)
    for file in made:
        record = read_record(file.path)
        source = None if record is None else known.of(file.path, record)
        if source is not None:
            yield Match(source, file.path, record)


def _by_name(inputs: Sequence[Found], made: Sequence[Found], *, alone: bool) -> Iterator[Match]:
    if alone and len(inputs) == len(made) == 1:
        yield Match(inputs[0].path, made[0].path, read_record(made[0].path))
        return
    by_name = {_short(file): file.path for file in made} | {_full(file): file.path for file in made}
    for file in inputs:
        partner = by_name.get(_full(file)) or by_name.get(_short(file))
        if partner is not None:
            yield Match(file.path, partner, read_record(partner))


def _full(file: Found) -> str:
    return file.relative.as_posix().casefold()


def _short(file: Found) -> str:
    return file.relative.with_suffix("").as_posix().casefold()
