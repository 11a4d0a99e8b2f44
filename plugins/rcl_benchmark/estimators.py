"""The estimators under test, ours and the peers, behind one signature."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

import rcl_calibration
from rcl_benchmark import peers
from rcl_benchmark.peers import homogeneous, packages, percentile
from rcl_calibration.camera import pool
from rcl_calibration.model import Noise
from rcl_calibration.pair_profile import estimate_pair
from rcl_calibration.profile import Interval, NoiseProfile
from rcl_calibration.single_image import estimate, measure
from rcl_cli.calibrate.lattices import labels, lattices
from rcl_cli.raw.frame import RawFrame


def fingerprint(files: Sequence[Path]) -> str:
    """Twelve hexadecimal digits that change with the contents of any file."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


# Taken when the code is: an editor may change the files while a run goes on.
_OUR_VERSION = fingerprint(sorted(Path(rcl_calibration.__path__[0]).glob("*.py")))
_PEERS_VERSION = fingerprint(sorted(Path(peers.__path__[0]).glob("*.py")))


@dataclass(frozen=True)
class Estimate:
    """What an estimator says of one raw, or of several of one camera at one ISO."""

    planes: tuple[Noise, ...]
    """Of R, Gr, Gb and B, or one for all of them; none where it found nothing to measure."""
    x_range: Interval | None = None
    sigma_ci: tuple[tuple[Interval, ...], ...] = ()
    """For each of `planes` 90 % intervals of σ at `rcl_calibration.profile.SIGMA_X`; none where it gives none."""
    quality: str = "ok"
    reason: str = ""

    @property
    def noise(self) -> Noise | None:
        """The mean of the planes; None where nothing was found."""
        if not self.planes:
            return None
        return Noise(fmean(noise.shot for noise in self.planes), fmean(noise.read for noise in self.planes))


@dataclass(frozen=True)
class Method:
    """One estimator."""

    name: str
    run: Callable[[Sequence[RawFrame]], Estimate]
    """Raws of one camera and ISO → estimate."""
    scenes: int = 1
    """Raws of different scenes that it is given."""
    frames: int = 1
    """Raws of each scene."""
    modules: tuple[str, ...] = ()
    """Of the packages that must be installed for it."""

    @property
    def ours(self) -> bool:
        """True for rcl's own."""
        return self.name.startswith("rcl")

    @property
    def version(self) -> str:
        """Changes with the source code of the estimator, so that its old results are not taken for new ones."""
        return _OUR_VERSION if self.ours else _PEERS_VERSION


def from_profile(profile: NoiseProfile) -> Estimate:
    """Of each plane, or one for all where they are the same."""
    planes = tuple(Noise(shot, read) for shot, read in zip(profile.shot, profile.read, strict=True))
    intervals = profile.sigma_ci or ()
    if len({*zip(planes, intervals or planes, strict=True)}) == 1:
        planes, intervals = planes[:1], intervals[:1]
    return Estimate(planes, profile.x_range, intervals, profile.quality, profile.reason)


def _blind(frames: Sequence[RawFrame]) -> Estimate:
    return from_profile(estimate(lattices(frames[0]), **labels(frames[0])))


def _pool(frames: Sequence[RawFrame]) -> Estimate:
    pooled = pool([measure(lattices(frame)) for frame in frames], **labels(frames[0]))
    return from_profile(pooled.profile)


def _peer(run: Callable[[RawFrame], Noise | None]) -> Callable[[Sequence[RawFrame]], Estimate]:
    return lambda frames: Estimate(() if (noise := run(frames[0])) is None else (noise,))


def _pair(frames: Sequence[RawFrame]) -> Estimate:
    first, second = (lattices(frame) for frame in frames)
    try:
        return from_profile(estimate_pair(first, second, **labels(frames[0])))
    except ValueError as error:
        return Estimate((), quality="unidentifiable", reason=str(error))


BLIND, POOL, PAIR = "rcl-blind", "rcl-pool-4", "rcl-pair"
METHODS = {
    method.name: method
    for method in (
        Method(BLIND, _blind),
        Method(POOL, _pool, scenes=4),
        Method(PAIR, _pair, frames=2),
        Method("scikit-image", _peer(packages.scikit_image), modules=("skimage", "pywt")),
        Method("miniraw", _peer(packages.miniraw), modules=("miniraw",)),
        Method("percentile", _peer(percentile.estimate)),
        Method("homogeneous", _peer(homogeneous.estimate)),
    )
}
"""By name, in the order of the tables."""


def available(names: Sequence[str]) -> tuple[list[Method], list[Method]]:
    """Of the methods named, those that can run here and those whose package is missing."""
    chosen = [METHODS[name] for name in names]
    missing = [method for method in chosen if any(find_spec(module) is None for module in method.modules)]
    return [method for method in chosen if method not in missing], missing
