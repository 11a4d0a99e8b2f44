"""Which result belongs to which source, in two folders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from rcl_cli.errors import FileError
from rcl_cli.files import is_folder, real_path
from rcl_cli.raw.folder import raws_alone, search
from rcl_cli.raw.guarded import read_record
from rcl_cli.raw.record import source_digest


def match(before: Path, after: Path) -> tuple[list[tuple[Path, Path]], list[FileError]]:
    """Sources and their results, and what is wrong with the others.

    Two files belong together. In folders a result has its source's name, or its source's record and a longer one
    (a.CR2: a.dng, a.CR2.png, a_dn.dng); subfolders are kept. Raises FileError where nothing belongs together.
    """
    if not is_folder(before) and not is_folder(after):
        return [(before, after)], []
    found, made = search([before]), search([after])
    # In one folder for both, only the records tell.
    others = [] if real_path(before) == real_path(after) else [file.path for file in made.files]
    results = [*made.results, *others] if is_folder(after) else [after]
    root = after if is_folder(after) else after.parent
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for path in results:
        by_folder[path.relative_to(root).parent].append(path)
    pairs, lonely = [], list(found.errors)
    files, _ = raws_alone([file for file in found.files if file.path not in set(results)])
    for file in files:
        result = _of(file.path, by_folder[file.relative.parent])
        if result is None:
            lonely.append(FileError(file.path, f"has no result in {after}"))
        else:
            pairs.append((file.path, result))
    if not pairs:
        missing = [error for error in (*found.errors, *made.errors) if "holds results of rcl alone" not in error.reason]
        raise missing[0] if missing else FileError(after, f"holds no result of a file in {before}")
    return pairs, lonely


def _of(source: Path, results: Iterable[Path]) -> Path | None:
    longer = sorted(path for path in results if path.stem.startswith(source.stem))
    for path in longer:
        if path.stem in (source.stem, source.name):
            return path
    digest = source_digest(source)
    for path in longer:
        record = read_record(path)
        if record is not None and record.source == digest:
            return path
    return None
