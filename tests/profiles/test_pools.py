"""Of very many images those that tell most are pooled, and no more of the others are held than twice as many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rcl_calibration.samples import Lattice
from rcl_calibration.single_image import measure, profile_of
from rcl_cli.errors import FileError
from rcl_cli.profiles.images import ImageCalibration
from rcl_cli.profiles.pools import Pools


def image(seed: int, side: int, camera: str = "Acme One") -> ImageCalibration:
    """A ramp with λ_shot 2e-3; larger ones tell more."""
    rng = np.random.default_rng(seed)
    x = np.tile(np.linspace(0.05, 0.8, side), (side, 1))
    values = np.rint(4095 * (x + rng.normal(0, np.sqrt(2e-3 * x + 1e-5)))).astype(np.int32)
    measurement = measure([Lattice(values[i::2, j::2], 2 * i + j, white=4095.0) for i in (0, 1) for j in (0, 1)])
    profile = profile_of(measurement, camera=camera, iso=800.0)
    return ImageCalibration(Path(f"{camera} {seed}.dng"), profile, "RGGB", 0.1, measurement)


@pytest.fixture(scope="module")
def images() -> list[ImageCalibration]:
    return [image(seed, 96 if seed % 2 else 320) for seed in range(14)]


def test_the_images_that_tell_most_are_pooled(images: list[ImageCalibration]) -> None:
    pools, failures = Pools(most=4), list[FileError]()
    for one in images:
        light = pools.add(one)
        assert light.measurement is None
        assert replace(light, measurement=one.measurement) == one
        assert max(len(group.images) for group in pools._pools.values()) < 8
    (camera,) = pools.cameras(failures)
    assert not failures
    heard = [*camera.images, *(path for path, _ in camera.dropped)]
    assert len(heard) == 4
    assert sum(int(path.stem.split()[-1]) % 2 == 0 for path in heard) >= 3  # chance may make one of the others narrow
    assert sorted([*heard, *camera.unneeded]) == sorted(one.path for one in images)
    assert camera.profile.shot[1] == pytest.approx(2e-3, rel=0.1)


def test_few_images_are_all_heard_and_cameras_apart(images: list[ImageCalibration]) -> None:
    pools = Pools(most=60)
    for one in [*images[:4], image(0, 192, "Acme Two")]:
        pools.add(one)
    first, second = pools.cameras([])
    assert (len(first.images) + len(first.dropped), len(second.images)) == (4, 1)
    assert first.unneeded == second.unneeded == ()
