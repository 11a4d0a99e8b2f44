"""Clean pictures of a benchmark: those to train on, and those to test on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rcl_cli.data.fingerprint import fingerprint
from rcl_cli.errors import FileError, RclError
from rcl_cli.raw.folder import find_files

TEST_SHARE, TEST_MOST = 0.2, 40


@dataclass(frozen=True)
class Data:
    """Files, sorted by path."""

    train: tuple[Path, ...]
    test: tuple[Path, ...]

    @property
    def fingerprint(self) -> str:
        """Changes with the name or size of any file."""
        return f"train {fingerprint(self.train)}; test {fingerprint(self.test)}"


def find_data(folder: Path, seed: int, *, test: Path | None = None, count: int | None = None) -> Data:
    """The pictures of `folder`: from its folders `train` and `test`, else split by `seed`.

    `test`: another folder of test pictures. Of a `test` that holds folders alone the first by name is taken. `count`:
    so many test pictures, evenly chosen; None: all. Raises RclError where there are too few, FileError for paths that
    cannot be used.
    """
    if (folder / "train").is_dir():
        train, tested = _files(folder / "train"), _files(test or _first(folder / "test"))
    else:
        train, tested = _split(_files(folder), seed)
        if test is not None:
            tested = _files(test)
    if len(train) < 2 or not tested:
        raise RclError(
            f"{folder} has {len(train)} picture(s) to train on and {len(tested)} to test on; two and one needed"
        )
    return Data(tuple(train), tuple(_thinned(tested, count)))


def _files(folder: Path) -> list[Path]:
    found, errors = find_files([folder])
    if errors:
        raise errors[0]
    return [file.path for file in found]


def _first(folder: Path) -> Path:
    if not folder.is_dir():
        raise FileError(folder, "is not there; name a folder of test pictures with --test")
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return inside[0] if inside and all(path.is_dir() for path in inside) else folder


def _split(files: Sequence[Path], seed: int) -> tuple[list[Path], list[Path]]:
    count = min(max(1, round(TEST_SHARE * len(files))), TEST_MOST)
    tested = set(np.random.default_rng(seed).permutation(len(files))[:count].tolist())
    return [f for i, f in enumerate(files) if i not in tested], [f for i, f in enumerate(files) if i in tested]


def _thinned(files: Sequence[Path], count: int | None) -> list[Path]:
    if count is None or count >= len(files):
        return list(files)
    return [files[i * len(files) // count] for i in range(count)]
