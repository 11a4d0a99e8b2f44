"""Real noise: sets of pairs, a camera's pictures beside the means of many shots, which nothing but the score sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from rcl_benchmark.engine.code import beside, code_version
from rcl_benchmark.zero.comparison import Comparison
from rcl_benchmark.zero.data import MULTIPLE, NoisyPicture
from rcl_benchmark.zero.methods import REAL_METHODS, Method
from rcl_benchmark.zero.presets import Budget
from rcl_calibration import correlation
from rcl_calibration.profile import NoiseProfile
from rcl_cli.data import noise_levels
from rcl_cli.data.file_pairs import FilePair, PairReader, find_pairs
from rcl_cli.data.fingerprint import fingerprint
from rcl_cli.data.noise_levels import NoiseCovariances
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError
from rcl_cli.task import get_task

_CODE = code_version(
    *beside(__file__, "real"),
    *beside(correlation.__file__, "correlation"),
    *beside(noise_levels.__file__, "noise_levels"),
)


@dataclass(frozen=True)
class RealSet:
    """Pairs that are scored together."""

    name: str
    """The folder's: `Row.data`."""
    pairs: tuple[FilePair, ...]
    domain: Domain = Domain.RGB

    @property
    def identity(self) -> str:
        """Changes with the name or size of any file, and with the code that reads them and measures their noise."""
        noisy, clean = (fingerprint(getattr(pair, kind) for pair in self.pairs) for kind in ("noisy", "clean"))
        return f"{self.name}: {noisy}; {clean}; {_CODE}"

    @property
    def count(self) -> int:
        """Its pairs."""
        return len(self.pairs)

    def training(self, method: Method) -> Sequence[NoisyPicture]:
        """The whole noisy pictures."""
        return [real_picture(pair) for pair in self.pairs]

    def tests(self, method: Method, side: int) -> Sequence[NoisyPicture]:
        """Their middles, with a multiple of the noise that is measured."""
        pictures = _middles(self, side)
        return pictures if method.factor == 1 else [told_more(picture, method.factor) for picture in pictures]


def on_real_noise(sets: Sequence[RealSet], budget: Budget, seed: int, device: str) -> Comparison:
    """The methods for real noise. One network learns from the noisy pictures of all sets."""
    return Comparison(tuple(sets), REAL_METHODS, budget, seed, device, together=True)


@lru_cache(maxsize=1)
def _middles(found: RealSet, side: int) -> list[NoisyPicture]:
    return [middle(real_picture(pair), side) for pair in found.pairs]


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


def real_picture(pair: FilePair) -> NoisyPicture:
    """The values of the files, and the noise as measured in the noisy one: the same at every brightness, correlated.

    Raises FileError where a file cannot be read or is a raw, the sizes differ, or there is no noise to measure.
    """
    read = PairReader(get_task("denoise"), Domain.RGB, NoiseCovariances().measure, linear=True)
    try:
        found = read(pair)
    except ValueError as error:
        raise FileError(pair.noisy, str(error)) from error
    return NoisyPicture(pair.noisy, found.target, found.x, found.noise)


def middle(picture: NoisyPicture, side: int) -> NoisyPicture:
    """The middle of a picture, `side` pixels each way at most, as far as networks take it; the noise as it was."""
    height, width = (min(length, side) // MULTIPLE * MULTIPLE for length in picture.clean.shape[1:])
    top, left = (picture.clean.shape[1] - height) // 2, (picture.clean.shape[2] - width) // 2
    rows, columns = slice(top, top + height), slice(left, left + width)
    # Copies: a view would keep the whole picture.
    clean, noisy = (image[:, rows, columns].clone() for image in (picture.clean, picture.noisy))
    return replace(picture, clean=clean, noisy=noisy)


def told_more(picture: NoisyPicture, factor: float) -> NoisyPicture:
    """The same with `factor` times the σ, of independent noise. That of real pictures has no shot noise."""
    red, green_r, green_b, blue = (factor**2 * variance for variance in picture.noise.read)
    return replace(picture, noise=NoiseProfile(picture.noise.shot, (red, green_r, green_b, blue)))
