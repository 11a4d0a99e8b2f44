"""Pairs from files: which noisy file belongs to which clean one, and both as tensors that lie on each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError, blamed_on
from rcl_cli.files import real_path
from rcl_cli.nn.balance import Balance
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.raw.cfa import canonical
from rcl_cli.raw.far import refuse_far
from rcl_cli.raw.folder import Found, find_files, is_rgb
from rcl_cli.raw.frame import Frame, RawFrame
from rcl_cli.raw.guarded import read_frame
from rcl_cli.raw.pack import pack
from rcl_cli.task import Task

ENDINGS = {"_noisy": "_clean", "_real": "_mean"}
"""Endings of the names of two files of one folder that belong together."""


@dataclass(frozen=True)
class FilePair:
    """A noisy file and the clean one of the same scene, pixel on pixel."""

    noisy: Path
    clean: Path


@dataclass(frozen=True)
class LoadedPair:
    """A `FilePair` as tensors."""

    files: FilePair
    x: Tensor
    """(C, h, w), canonical phase."""
    target: Tensor
    """(C_out, h·U, w·U)"""
    noise: NoiseProfile
    camera: str


def find_pairs(folder: Path) -> tuple[list[FilePair], list[FileError]]:
    """The pairs in a folder, sorted, and the noisy files that have no clean one.

    Either `noisy/NAME` with `clean/NAME` (subfolders and any suffixes, as `rcl simulate` writes them), or NAME_noisy
    with NAME_clean, or NAME_real with NAME_mean, side by side. Raises FileError where there is no pair.
    """
    pairs, lonely = _in_two_folders(folder) if (folder / "noisy").is_dir() else _side_by_side(folder)
    if not pairs:
        layouts = "noisy/NAME with clean/NAME, NAME_noisy with NAME_clean, or NAME_real with NAME_mean"
        raise FileError(folder, f"holds no pairs; expected {layouts}")
    # Links may give many noisy frames one clean file; a pair that is linked as a whole counts once.
    by_place = {(real_path(pair.noisy), real_path(pair.clean)): pair for pair in reversed(pairs)}
    return list(reversed(by_place.values())), lonely


@dataclass(frozen=True)
class PairReader:
    """How pairs of files are read for one task."""

    task: Task
    domain: Domain
    profile_of: Callable[[Frame], NoiseProfile]
    """The noise profile of a noisy file."""
    linear: bool = False
    """Keep the values of RGB files as they are, instead of decoding them by the sRGB curve."""
    coded: bool = False
    """The network's: it sees balanced values."""

    def __call__(self, files: FilePair) -> LoadedPair:
        """Raises FileError where a file cannot be read, is of another domain, or the two do not fit together."""
        with blamed_on(files.noisy):
            return self._read(files)

    def _read(self, files: FilePair) -> LoadedPair:
        noisy = refuse_far(read_frame(files.noisy, linear=self.linear), files.noisy)
        found = noisy.domain
        if found is not self.domain:
            raise FileError(files.noisy, f"is {found.value}, the others are {self.domain.value}; keep them apart")
        clean = refuse_far(read_frame(files.clean, linear=self.linear), files.clean)
        try:
            x, target = noisy_tensor(noisy), clean_tensor(clean, noisy, self.task)
        except RclError as error:
            raise FileError(files.clean, str(error)) from error
        return self._balanced(LoadedPair(files, x, target, self.profile_of(noisy), noisy.metadata.camera), noisy)

    def _balanced(self, pair: LoadedPair, noisy: Frame) -> LoadedPair:
        if not self.coded:
            return pair
        balance = Balance.of(noisy)
        x, target = (
            t * torch.from_numpy(balance.planes(domain))
            for t, domain in ((pair.x, self.domain), (pair.target, self.task.output(self.domain)))
        )
        return replace(pair, x=x, target=target, noise=balance.profile(pair.noise))


def noisy_tensor(frame: Frame) -> Tensor:
    """The frame as (C, h, w) in the canonical phase, without elements that are only partly inside it."""
    if not isinstance(frame, RawFrame):
        return _channels_first(frame.rgb)
    return torch.from_numpy(pack(frame.normalized()[_inside(frame)], canonical(frame.cfa.domain))[0])


def clean_tensor(clean: Frame, noisy: Frame, task: Task) -> Tensor:
    """What `task` should make of `noisy_tensor(noisy)`: (C_out, h·U, w·U), cut from `clean`.

    A clean picture stands for a mosaic too: of each pixel the colour of the filter there. Raises RclError, without a
    path, where `clean` has another size, or is a mosaic where RGB or another phase is needed.
    """
    domain = noisy.domain
    height, width = (side * task.scale for side in noisy.size)
    if clean.size != (height, width):
        found = "×".join(map(str, reversed(clean.size)))
        raise RclError(f"has {found} pixels where {task.name} expects {width}×{height}")
    output = task.output(domain)
    if not isinstance(clean, RawFrame):
        return from_rgb(_channels_first(clean.rgb[_inside(noisy, task.scale)]), output)
    if not output.is_raw:
        raise RclError(f"is a mosaic, but {task.name} learns from RGB; give clean RGB pictures")
    rows, columns = _inside(noisy, task.scale)
    if clean.cfa.shifted(rows.start, columns.start) != canonical(output):
        raise RclError("has another colour filter pattern than its noisy file")
    return result_tensor(clean.normalized(), noisy, task)


def result_tensor(pixels: NDArray[np.float32], noisy: Frame, task: Task) -> Tensor:
    """A result of `task` for `noisy`, a mosaic (H, W) or (H, W, 3), as a tensor that lies on `clean_tensor`."""
    cut = pixels[_inside(noisy, task.scale)]
    if pixels.ndim == 3:
        return _channels_first(cut)
    return torch.from_numpy(pack(cut, canonical(task.output(noisy.domain)))[0])


def _inside(frame: Frame, scale: int = 1) -> tuple[slice, slice]:
    """Rows and columns of the whole elements in the canonical phase, in pixels of a `scale`-fold picture."""
    shift, pixels = (0, 0), 1
    if isinstance(frame, RawFrame):
        found = frame.cfa.canonical_shift()
        assert found is not None  # every CFA can be made
        shift, pixels = found, frame.cfa.domain.pixels
    height, width = frame.size
    stops = (start + (side - start) // pixels * pixels for start, side in zip(shift, (height, width), strict=True))
    rows, columns = (slice(a * scale, b * scale) for a, b in zip(shift, stops, strict=True))
    return rows, columns


def _channels_first(rgb: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1), np.float32))


def _in_two_folders(folder: Path) -> tuple[list[FilePair], list[FileError]]:
    noisy, clean = (_named(folder / name) for name in ("noisy", "clean"))
    lonely = [FileError(path, "has no counterpart in clean/") for name, path in noisy.items() if name not in clean]
    return [FilePair(path, clean[name]) for name, path in noisy.items() if name in clean], lonely


def _named(folder: Path) -> dict[str, Path]:
    found, _ = find_files([folder], links=True)
    return {stem.as_posix(): path for stem, path in _by_stem(found).items()}


def _by_stem(found: Sequence[Found]) -> dict[Path, Path]:
    """The files by their names without suffix; where a camera wrote a raw and a JPEG, the raw."""
    kept: dict[Path, Path] = {}
    for item in found:
        stem = item.relative.with_suffix("")
        if stem not in kept or is_rgb(kept[stem]) or not is_rgb(item.path):
            kept[stem] = item.path
    return kept


def _side_by_side(folder: Path) -> tuple[list[FilePair], list[FileError]]:
    found, errors = find_files([folder], links=True)
    if errors:
        raise errors[0]
    by_stem = _by_stem(found)
    pairs, lonely = [], []
    for stem, path in by_stem.items():
        for partner in _partners(stem):
            if partner in by_stem:
                pairs.append(FilePair(path, by_stem[partner]))
            else:
                lonely.append(FileError(path, f"has no counterpart {partner.name}"))
    return pairs, lonely


def _partners(stem: Path) -> Iterable[Path]:
    for noisy, clean in ENDINGS.items():
        if stem.name.endswith(noisy):
            yield stem.with_name(stem.name.removesuffix(noisy) + clean)
