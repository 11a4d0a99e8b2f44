"""What each result is to be called: never like an input, never like another result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from rcl_cli.disk.names import fitted, longest_name
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.files import RealPaths, is_folder, real_path
from rcl_cli.raw.folder import Found
from rcl_cli.raw.guarded import sniff_each
from rcl_cli.raw.record import sidecar
from rcl_cli.raw.sniff import RAW_SUFFIXES, Kind

FORMATS = {"dng": ".dng", "tiff": ".tif", "png": ".png", "jpeg": ".jpg", "npy": ".npy", "exr": ".exr"}
"""Names for `--format` and the suffixes that go with them; those of plugged formats are their names."""
_WITH_RECORD = frozenset([".dng", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".exr"])
"""Suffixes of the formats that say themselves how a picture was made."""
_RECORD_BYTES = len(sidecar(Path("a")).name) - 1
"""What the name of the others' records is longer by."""


@dataclass(frozen=True)
class Job:
    """One file to be read and the file to be written for it."""

    source: Path
    target: Path
    named: bool = True
    """False for one of many in a walked folder, which is left alone where the task is not for such files."""
    relative: Path = Path()
    """The source below the folder that was named, or its name."""


def plan_outputs(
    found: Sequence[Found], folder: Path | None, task: str, format: str = "auto", mark: str = ""
) -> list[Job]:
    """A target in `folder` for each input, its relative folder kept; no pixel is read.

    Without `folder` results go to one named after the task, in the folder that was named or beside the file; with a
    `mark`, which ends their names before the suffix (a_dn.dng), they go beside the inputs. Format
    "auto": a raw becomes a DNG, an RGB file keeps its kind. The name is the input's with the new suffix. Inputs that
    differ only in their suffixes keep it in the name (a.CR2 and a.JPG: a.CR2.png and a.JPG.png); a result that
    would fall on an input is named after the task as well (a-denoise.png). Names that the file system would find too
    long are cut.
    """
    paths = [item.path for item in found]
    suffixes = (
        list(map(_same_kind, paths, _kinds(paths)))
        if format == "auto"
        else [FORMATS.get(format, f".{format}")] * len(found)
    )
    simple = [
        item.relative.with_name(f"{item.relative.stem}{mark}{suffix}")
        for item, suffix in zip(found, suffixes, strict=True)
    ]
    folders = [folder or (item.root if mark else item.root / task) for item in found]
    keys = _Keys()
    first = [keys.of(place / name) for place, name in zip(folders, simple, strict=True)]
    wanted = Counter(first)
    taken = {keys.of(item.path) for item in found}
    jobs = []
    for item, place, suffix, name, key in zip(found, folders, suffixes, simple, first, strict=True):
        shared = wanted[key] > 1
        stem = item.relative.name if shared else item.relative.stem
        candidates = (
            place / name.with_name(other) for other in _names(stem, mark, suffix, task, (place / name).parent)
        )
        target = next(path for path in candidates if keys.of(path) not in taken)
        taken.add(keys.of(target))
        jobs.append(Job(item.path, target, item.named, item.relative))
    return jobs


def fitting(found: Sequence[Found], domains: Collection[Domain]) -> tuple[list[Found], list[Found]]:
    """`found` without the RGB pictures of walked folders where no task on `domains` could take them, and those.

    Cameras write a JPEG beside each raw. Raws are told apart when they are decoded.
    """
    if Domain.RGB in domains:
        return list(found), []
    walked = [item for item in found if not item.named]
    kinds = _kinds([item.path for item in walked])
    left = [item for item, kind in zip(walked, kinds, strict=True) if kind.is_rgb]
    places = {item.path for item in left}
    return [item for item in found if item.path not in places], sorted(left)


def leave_out_results(found: Sequence[Found], paths: Sequence[Path], folder: Path) -> list[Found]:
    """`found` without earlier results: files inside `folder` that came from walking one of `paths` above it.

    Files that are named themselves stay. Raises RclError where `folder` is one of the walked folders, since results
    could not be told from inputs the next time.
    """
    output = real_path(folder)
    walked = [real_path(path) for path in paths if is_folder(path)]
    named = {real_path(path) for path in paths}
    if output in walked:
        raise RclError(
            f"the output folder {folder} is also the input folder, so that results would be taken for inputs; "
            f"choose another, for example {folder / 'results'}"
        )
    if not any(root in output.parents for root in walked):
        return list(found)
    followed = RealPaths()
    places = ((item, followed.of(item.path)) for item in found)
    return [item for item, place in places if place in named or output not in place.parents]


def _kinds(paths: Sequence[Path]) -> list[Kind]:
    """Of each, unknown where it cannot be read: reading it will tell why."""
    # A picture that is called a raw is not read.
    asked = [path for path in paths if path.suffix.lower() not in RAW_SUFFIXES]
    found = dict(zip(asked, sniff_each(asked), strict=True))
    return [(found[path] or Kind.UNKNOWN) if path in found else Kind.RAW for path in paths]


def _same_kind(path: Path, kind: Kind) -> str:
    # WebP is read and not written.
    suffixes = {Kind.PNG: ".png", Kind.JPEG: ".jpg", Kind.WEBP: ".png", Kind.TIFF: ".tif", Kind.EXR: ".exr"}
    usual = suffixes.get(kind, ".dng")
    same = {".jpeg": ".jpg", ".tiff": ".tif"}
    suffix = path.suffix.lower()
    return path.suffix if same.get(suffix, suffix) == usual else usual


def _names(stem: str, mark: str, suffix: str, task: str, folder: Path) -> Iterator[str]:
    # How a picture was made stands beside it where its format has no room for that.
    room = longest_name(folder) - (0 if suffix.lower() in _WITH_RECORD else _RECORD_BYTES)
    yield fitted(stem, f"{mark}{suffix}", room)
    yield fitted(stem, f"{mark}-{task}{suffix}", room)
    for number in count(2):
        yield fitted(stem, f"{mark}-{task}-{number}{suffix}", room)


class _Keys:
    """What is equal for two names of one file."""

    def __init__(self) -> None:
        self._places = RealPaths()

    def of(self, path: Path) -> str:
        """Some file systems take a.DNG and a.dng for the same file."""
        return str(self._places.of(path)).casefold()
