"""What each file of a large folder costs before and beside its own work: finding it, and seeing that it is done."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from rcl_benchmark.speed.inputs import copied, copies, raw_file, raw_path
from rcl_benchmark.speed.names import SCALE
from rcl_benchmark.speed.program import rcl
from rcl_benchmark.speed.side import Case, Side, Size, Work

_MEGAPIXELS = 0.01
_TASK = "denoise"


def cases(size: Size, folder: Path) -> list[Case]:
    """Folders of more and more raws, small ones: no pixel is to be read."""
    place, counts = folder / "scale", size.files
    base = counts[max(0, len(counts) - 2)]
    finding = tuple(
        Side(_files(count), prepare=finding_files, arguments=(place, count), amount=count) for count in counts
    )
    skipping = tuple(
        Side(_files(count), rcl(*_apply(place, count), "--device", "cpu"), amount=count) for count in counts
    )
    return [
        Case(SCALE, "finding raws, and planning their results", "file", finding, _files(base), warm=False),
        Case(
            SCALE,
            "rcl apply where all is done, start included",
            "file",
            skipping,
            _files(base),
            partial(all_done, place, counts),
            warm=False,
        ),
    ]


def finding_files(place: Path, count: int) -> Work:
    """What `rcl apply` does before anything is decoded."""
    from rcl_cli.inference.apply import Settings, open_batch

    raws, output = copies(place, _small(place), count), place / f"planned-{count}"

    def work() -> None:
        open_batch(_TASK, [raws], output, Settings())

    return work


def all_done(place: Path, counts: tuple[int, ...]) -> None:
    """The results of all raws, links to one: the raws are the same too."""
    import rcl_cli

    raw = _small(place)
    (outcome,) = rcl_cli.apply(_TASK, raw, output=place / "one", overwrite=True, device="cpu")
    if outcome.output is None:
        raise RuntimeError(outcome.reason)
    for count in counts:
        copies(place, raw, count)
        shutil.rmtree(_done(place, count), ignore_errors=True)
        copies(place / "made", outcome.output, count).rename(_done(place, count))


def _apply(place: Path, count: int) -> tuple[object, ...]:
    raws = copied(place, raw_path(place, _MEGAPIXELS), count)
    return "apply", "--task", _TASK, raws, "-o", _done(place, count), "--store", place / "no-store"


def _small(place: Path) -> Path:
    return raw_file(place, _MEGAPIXELS)


def _done(place: Path, count: int) -> Path:
    return place / f"done-{count}"


def _files(count: int) -> str:
    return f"{count} files"
