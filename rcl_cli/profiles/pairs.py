"""Calibrating from frames of one scene: which files are pairs, and what the pairs of a camera tell together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from rcl_calibration.exchange import Key, key_of
from rcl_calibration.fixed_pattern import black_levels, prnu
from rcl_calibration.model import Noise
from rcl_calibration.pair_profile import profile_of_pairs
from rcl_calibration.photon_transfer import PairMeasurement, measure_pair
from rcl_calibration.points import Points, points_of_pairs
from rcl_calibration.profile import NoiseProfile, Planes
from rcl_calibration.samples import Lattice
from rcl_cli.errors import FileError, blamed_on
from rcl_cli.profiles.checks import checked_by_black
from rcl_cli.profiles.lattices import labels, lattices
from rcl_cli.raw.folder import Found
from rcl_cli.raw.frame import Frame, RgbFrame
from rcl_cli.raw.guarded import read_frame

KINDS = ("pairs", "flats", "darks")
"""Two frames of anything, of an evenly lit surface, or with the lens covered."""


@dataclass(frozen=True)
class Pair:
    """Two files and what they tell."""

    paths: tuple[Path, Path]
    kind: str
    measurement: PairMeasurement
    labels: dict[str, Any]
    cfa: str
    prnu: float | None = None
    """Of flats."""
    black: Planes | None = None
    """Of darks, DN."""
    seconds: float = 0.0

    @property
    def key(self) -> tuple[Key, str]:
        """Pairs with the same key are measured together: camera, ISO, levels and colour filters."""
        return key_of(NoiseProfile.uniform(0.0, 0.0, **self.labels)), self.cfa


@dataclass(frozen=True)
class PairCalibration:
    """What all pairs of a camera at one ISO tell together; standard deviations are normalised."""

    profile: NoiseProfile
    cfa: str
    seconds: float
    pairs: tuple[tuple[Path, Path], ...]
    prnu: float | None
    """Standard deviation of the pixels' gain, as a part."""
    row_noise: float
    column_noise: float
    black_level_measured: Planes | None
    """DN"""
    measurements: tuple[PairMeasurement, ...] = ()

    @property
    def images(self) -> tuple[Path, ...]:
        """All files of the pairs."""
        return tuple(path for pair in self.pairs for path in pair)

    def points(self) -> Points:
        """What the profile was fitted to."""
        return points_of_pairs(self.measurements, Noise(self.profile.shot[1], self.profile.read[1]))


@dataclass
class Pairing:
    """Pairs found so far, and the files without a partner, each with its reason."""

    pairs: list[Pair] = field(default_factory=list)
    left: list[FileError] = field(default_factory=list)
    interrupted: bool = False
    """There were more files, but KeyboardInterrupt came."""


@dataclass(frozen=True)
class _Shot:
    path: Path
    frame: Frame
    seconds: float

    @property
    def alike(self) -> tuple[Any, ...]:
        """What two frames of a pair have in common."""
        return (
            self.path.parent,
            self.frame.size,
            self.frame.layout,
            self.frame.metadata.exposure_s,
            *labels(self.frame).values(),
        )


def find_pairs(files: Iterable[Found], kind: str, *, linear: bool = False, done: Callable[[], None]) -> Pairing:
    """Pair files that follow each other by name, in one folder, by one camera, at one ISO and exposure.

    Where two do not show the same, the second is tried with the next. `linear` as in `read_frame`; `done` is called
    after each file. Ctrl-C ends it early and well.
    """
    result = Pairing()
    waiting: _Shot | None = None
    try:
        for file in files:
            shot = _read(file.path, linear, result)
            if shot is not None:
                try:
                    with blamed_on(shot.path):
                        waiting = _match(waiting, shot, kind, result)
                except FileError as error:
                    result.left.append(error)
                    waiting = None
            done()
    except KeyboardInterrupt:
        result.interrupted = True
        return result
    if waiting is not None:
        result.left.append(FileError(waiting.path, _alone(waiting)))
    return result


def calibrate_pairs(pairs: Sequence[Pair]) -> list[PairCalibration]:
    """One calibration for each camera, ISO, levels and colour filters, by camera and ISO."""
    groups: dict[tuple[Key, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(pair.key, []).append(pair)
    calibrations = [_calibrate(group) for group in groups.values()]
    return sorted(calibrations, key=lambda one: (one.profile.camera, one.profile.iso or 0.0))


def _calibrate(pairs: Sequence[Pair]) -> PairCalibration:
    begun = time.perf_counter()
    kinds = [kind for kind in KINDS if any(pair.kind == kind for pair in pairs)]
    profile = profile_of_pairs([pair.measurement for pair in pairs], method=" and ".join(kinds), **pairs[0].labels)
    if kinds == ["darks"] and profile.quality != "weak":
        profile = replace(profile, reason="darks tell read noise and black level only; add flats")
    blacks = [pair.black for pair in pairs if pair.black is not None]
    black = None
    if blacks:
        r, gr, gb, b = (float(level) for level in np.mean(blacks, axis=0))
        black = r, gr, gb, b
        profile = checked_by_black(profile, black)
    patterns = [pair.prnu for pair in pairs if pair.prnu is not None]
    return PairCalibration(
        profile,
        pairs[0].cfa,
        time.perf_counter() - begun + sum(pair.seconds for pair in pairs),
        tuple(pair.paths for pair in pairs),
        float(np.sqrt(np.mean(np.square(patterns)))) if patterns else None,
        float(np.sqrt(np.mean([pair.measurement.row_variance for pair in pairs]))),
        float(np.sqrt(np.mean([pair.measurement.column_variance for pair in pairs]))),
        black,
        tuple(pair.measurement for pair in pairs),
    )


def _read(path: Path, linear: bool, result: Pairing) -> _Shot | None:
    begun = time.perf_counter()
    try:
        with blamed_on(path):
            return _Shot(path, read_frame(path, linear=linear), time.perf_counter() - begun)
    except FileError as error:
        result.left.append(error)
        return None


def _match(waiting: _Shot | None, shot: _Shot, kind: str, result: Pairing) -> _Shot | None:
    """Measure the two if they are a pair; the file that waits for the next one."""
    if waiting is None:
        return shot
    if waiting.alike != shot.alike:
        result.left.append(FileError(waiting.path, _alone(waiting)))
        return shot
    begun = time.perf_counter()
    first, second = _lattices(waiting.frame), _lattices(shot.frame)
    try:
        measurement = measure_pair(first, second, scene=kind != "darks")
    except ValueError as error:
        result.left.append(FileError(waiting.path, f"is no pair with {shot.path.name}: {error}"))
        return shot
    result.pairs.append(
        Pair(
            (waiting.path, shot.path),
            kind,
            measurement,
            labels(shot.frame),
            shot.frame.layout,
            prnu([(first, second)]) if kind == "flats" else None,
            black_levels([first, second]) if kind == "darks" else None,
            waiting.seconds + shot.seconds + time.perf_counter() - begun,
        )
    )
    return None


def _alone(shot: _Shot) -> str:
    metadata = shot.frame.metadata
    exposure = "" if metadata.exposure_s is None else f" and {metadata.exposure_s:g} s"
    iso = "" if metadata.iso is None else f" at ISO {metadata.iso:g}{exposure}"
    return f"is not followed by a second frame of the same camera{iso} in its folder"


def _lattices(frame: Frame) -> list[Lattice]:
    found = lattices(frame)
    # The planes of a grey picture are one, and would count three times.
    grey = isinstance(frame, RgbFrame) and bool((frame.rgb == frame.rgb[..., :1]).all())
    return [replace(found[1], plane=1)] if grey else found
