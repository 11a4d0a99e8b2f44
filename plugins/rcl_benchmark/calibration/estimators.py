"""The estimators under test, ours and the peers, behind one signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import rcl_calibration
from rcl_benchmark.calibration import peers
from rcl_benchmark.calibration.names import BLIND, PAIR, POOL, is_ours
from rcl_benchmark.calibration.peers import homogeneous, packages, percentile
from rcl_benchmark.calibration.record import Estimate
from rcl_benchmark.engine.code import code_version
from rcl_calibration.camera import pool
from rcl_calibration.model import Noise
from rcl_calibration.pair_profile import estimate_pair
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.single_image import estimate, measure
from rcl_cli.errors import RclError
from rcl_cli.profiles.lattices import close_lattices, labels, lattices
from rcl_cli.raw.frame import RawFrame

# Taken when the code is: an editor may change the files while a run goes on.
_OUR_VERSION, _PEERS_VERSION = (
    code_version(*sorted(Path(package.__path__[0]).glob("*.py"))) for package in (rcl_calibration, peers)
)


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
    def version(self) -> str:
        """Changes with the source code of the estimator, so that its old results are not taken for new ones."""
        return _OUR_VERSION if is_ours(self.name) else _PEERS_VERSION


def from_profile(profile: NoiseProfile) -> Estimate:
    """Of each plane, or one for all where they are the same."""
    planes = tuple(Noise(shot, read) for shot, read in zip(profile.shot, profile.read, strict=True))
    intervals = profile.sigma_ci or ()
    count = 1 if len({*zip(planes, intervals or planes, strict=True)}) == 1 else 4
    return Estimate(
        planes[:count],
        profile.x_range,
        intervals[:count],
        tuple(profile.shot_ci or ())[:count],
        tuple(profile.read_ci or ())[:count],
        profile.quality,
        profile.reason,
    )


def _blind(frames: Sequence[RawFrame]) -> Estimate:
    return from_profile(estimate(close_lattices(frames[0]), **labels(frames[0])))


def _pool(frames: Sequence[RawFrame]) -> Estimate:
    pooled = pool([measure(close_lattices(frame)) for frame in frames], **labels(frames[0]))
    return from_profile(pooled.profile)


def _peer(run: Callable[[RawFrame], Noise | None]) -> Callable[[Sequence[RawFrame]], Estimate]:
    return lambda frames: Estimate(() if (noise := run(frames[0])) is None else (noise,))


def _pair(frames: Sequence[RawFrame]) -> Estimate:
    first, second = (lattices(frame) for frame in frames)
    try:
        return from_profile(estimate_pair(first, second, **labels(frames[0])))
    except ValueError as error:
        return Estimate((), quality="unidentifiable", reason=str(error))


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


def available(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Of the methods named, those that can run here and those whose package is missing.

    Raises RclError where none can run.
    """
    missing = [name for name in names if any(find_spec(module) is None for module in METHODS[name].modules)]
    can = [name for name in names if name not in missing]
    if not can:
        raise RclError("none of these methods can run; pip install 'rcl-cli[benchmark]'")
    return can, missing
