"""The peer: BM3D of the package `bm3d`, told the true noise, after variance stabilisation."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.zero.stabilise import Array, Stabiliser
from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain

PACKAGE = "bm3d"
_OPPONENT = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], float)
_HADAMARD = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], float)


def installed() -> bool:
    """Whether the package is there. Its licence is for non-commercial use only, so that it stays optional."""
    return find_spec(PACKAGE) is not None


def bm3d(noisy: NDArray[np.float32], noise: NoiseProfile, domain: Domain) -> NDArray[np.float32]:
    """(C, h, w), normalised → the same without noise.

    Each plane is stabilised by its own λ; BM3D works at σ = 1 on orthonormal sums and differences of the planes, with
    blocks matched in their sum; the exact unbiased inverse takes each plane back. Raises ImportError without `bm3d`.
    """
    stabilisers = [Stabiliser(noise.shot[i], noise.read[i]) for i in domain.noise_planes]
    stable = np.stack([s.forward(plane) for s, plane in zip(stabilisers, noisy.astype(float), strict=True)])
    restored = _decorrelated(stable)
    return np.stack([s.inverse(z) for s, z in zip(stabilisers, restored, strict=True)]).astype(np.float32)


def _decorrelated(stable: Array) -> Array:
    basis = _orthonormal(len(stable))
    planes = np.einsum("ij,jhw->hwi", basis, stable)
    restored: Array = np.einsum("ij,hwi->jhw", basis, _filter(planes))
    return restored


def _orthonormal(channels: int) -> Array:
    basis: Array = {3: _OPPONENT, 4: _HADAMARD}.get(channels, np.eye(channels))
    rows: Array = basis / np.linalg.norm(basis, axis=1, keepdims=True)
    return rows


def _filter(planes: Array) -> Array:
    """(H, W, C) with noise of σ = 1 in every plane → (H, W, C); blocks are matched in the first plane."""
    from bm3d import bm3d as filter_planes

    # Brought to a range of 1: the package's constants are made for it.
    scale = float(np.ptp(planes))
    return np.asarray(filter_planes(planes / scale, 1 / scale)).reshape(planes.shape) * scale
