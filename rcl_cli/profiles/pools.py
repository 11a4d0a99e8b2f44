"""What the images of a camera, ISO and levels tell together, however many there are."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rcl_calibration.camera import pool
from rcl_calibration.exchange import Key
from rcl_calibration.points import Points, points_of_images
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.single_image import Measurement
from rcl_cli.errors import FileError, blamed_on
from rcl_cli.profiles.checks import checked_by_border, mean_border
from rcl_cli.profiles.images import ImageCalibration
from rcl_cli.raw.optical_black import OpticalBlack

MOST_POOLED = 60
"""Images of a camera and ISO. Their chance errors are an eighth of one image's, which is less than what texture leaves
open; more of them cost memory and time alone."""


@dataclass(frozen=True)
class CameraCalibration:
    """What all files of a camera, ISO and levels tell together."""

    profile: NoiseProfile
    cfa: str
    seconds: float
    images: tuple[Path, ...]
    """Those used."""
    dropped: tuple[tuple[Path, str], ...]
    """Those left out, each with its reason."""
    disagreement: float
    """Largest over smallest noise level σ of the images used, less 1."""
    optical_black: OpticalBlack | None = None
    """Of all images used, where they have one."""
    measurements: tuple[Measurement, ...] = ()
    """Of the images used."""
    unneeded: tuple[Path, ...] = ()
    """Those that would add nothing to as many better ones."""
    groups: tuple[tuple[Path, ...], ...] = ()
    """Images that agree with one another, where not all do: the profile is then weak, and no camera's."""

    def points(self) -> Points:
        """What the profile was fitted to."""
        return points_of_images(self.measurements)


@dataclass
class _Group:
    images: list[ImageCalibration] = field(default_factory=list)
    unneeded: list[Path] = field(default_factory=list)

    def trim(self, most: int) -> None:
        """Let go of all but the images that tell most, in the order in which they came."""
        kept = {id(image) for image in sorted(self.images, key=_doubt)[:most]}
        self.unneeded += [image.path for image in self.images if id(image) not in kept]
        self.images = [image for image in self.images if id(image) in kept]


class Pools:
    """Images by camera, ISO, levels and colour filters. No more than twice `most` measurements of each are held."""

    def __init__(self, most: int = MOST_POOLED) -> None:
        self._most = most
        self._pools: dict[tuple[Key, str], _Group] = {}

    def add(self, image: ImageCalibration) -> ImageCalibration:
        """Take in an image; gives it back without its measurement."""
        group = self._pools.setdefault(image.key, _Group())
        group.images.append(image)
        if len(group.images) >= 2 * self._most:
            group.trim(self._most)
        return replace(image, measurement=None)

    def cameras(self, failures: list[FileError]) -> list[CameraCalibration]:
        """One calibration for each, by camera and ISO.

        A camera on which something fails that nobody foresaw costs its first file's name in `failures`, and itself.
        """
        made = []
        for group in self._pools.values():
            group.trim(self._most)
            try:
                with blamed_on(group.images[0].path):
                    made.append(_pool_group(group.images, group.unneeded))
            except FileError as error:
                failures.append(error)
        return sorted(made, key=lambda one: (one.profile.camera, one.profile.iso or 0.0))


def pool_cameras(images: Iterable[ImageCalibration], failures: list[FileError]) -> list[CameraCalibration]:
    """`Pools` of images that are all there."""
    pools = Pools()
    for image in images:
        pools.add(image)
    return pools.cameras(failures)


def _doubt(image: ImageCalibration) -> tuple[bool, float]:
    """The less an image says of its camera's noise, the larger: where it says least, relative to σ(x) there."""
    return image.profile.quality == "weak", _width(image.profile)


def _width(profile: NoiseProfile) -> float:
    if profile.sigma_ci is None:
        return math.inf
    plane = profile.sigma_ci[1]
    return max((high - low) / max(high + low, 1e-12) for low, high in plane)


def _pool_group(group: Sequence[ImageCalibration], unneeded: Sequence[Path]) -> CameraCalibration:
    begun = time.perf_counter()
    first = group[0].profile
    measurements = [image.measurement for image in group if image.measurement is not None]
    pooled = pool(
        measurements,
        [image.profile for image in group],
        camera=first.camera,
        iso=first.iso,
        black_level=first.black_level,
        white_level=first.white_level,
    )
    borders = [border for i in pooled.used if (border := group[i].optical_black) is not None]
    border = mean_border(borders) if borders else None
    # What the border says against single images is in their verdicts already.
    heard = len(pooled.used) < 2 or pooled.profile.quality == "weak"
    profile = pooled.profile if border is None or heard else checked_by_border(pooled.profile, border)
    return CameraCalibration(
        profile,
        group[0].cfa,
        time.perf_counter() - begun + sum(image.seconds for image in group),
        tuple(group[i].path for i in pooled.used),
        tuple((group[i].path, reason) for i, reason in pooled.dropped),
        pooled.disagreement,
        border,
        tuple(measurements[i] for i in pooled.used),
        tuple(unneeded),
        tuple(tuple(group[i].path for i in some) for some in pooled.groups),
    )
