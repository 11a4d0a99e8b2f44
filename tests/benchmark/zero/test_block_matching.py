"""BM3D as a peer: what is done around it, and with the package where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_benchmark.zero import block_matching
from rcl_benchmark.zero.block_matching import bm3d
from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain

from ...needs import BM3D

PROFILE = NoiseProfile(shot=(0.02, 0.01, 0.01, 0.005), read=(1e-4, 2e-4, 2e-4, 4e-4))


def noisy_ramp(domain: Domain, side: int) -> tuple[np.ndarray, np.ndarray]:
    ramp = np.linspace(0.1, 0.8, side)
    clean = np.stack([ramp[:, None] * np.ones(side) * (1 - 0.1 * i) for i in range(domain.channels)])
    rng = np.random.default_rng(0)
    sigma = [np.sqrt(PROFILE.shot[p] * c + PROFILE.read[p]) for p, c in zip(domain.noise_planes, clean, strict=True)]
    return clean + np.stack(sigma) * rng.standard_normal(clean.shape), clean


@pytest.mark.parametrize("domain", list(Domain))
def test_the_filter_sees_noise_of_sigma_1_in_every_plane(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []
    clean = noisy_ramp(domain, 128)[1]

    def watch(planes: np.ndarray) -> np.ndarray:
        seen.append(planes)
        return planes

    monkeypatch.setattr(block_matching, "_filter", watch)
    bm3d(noisy_ramp(domain, 128)[0], PROFILE, domain)
    bm3d(clean, PROFILE, domain)
    noise = seen[0] - seen[1]
    # 128² elements know their variance to 1.1 %; a tenth is left for what the transform leaves in the darkest.
    np.testing.assert_allclose(noise.var((0, 1)), 1.0, rtol=0.1)
    correlation = np.corrcoef(noise.reshape(-1, domain.channels).T)
    assert np.abs(correlation - np.eye(domain.channels)).max() < 0.05


def test_a_perfect_filter_gives_the_clean_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    noisy, clean = noisy_ramp(Domain.RGB, 128)
    # Rows are constant: the mean of each is what a perfect filter would find.
    monkeypatch.setattr(
        block_matching, "_filter", lambda planes: np.broadcast_to(planes.mean(1, keepdims=True), planes.shape)
    )
    restored = bm3d(noisy, PROFILE, Domain.RGB)
    sigma_of_mean = 0.13 / np.sqrt(128)
    assert np.abs(restored - clean).max() < 5 * sigma_of_mean
    assert np.abs((restored - clean).mean()) < 5 * sigma_of_mean / np.sqrt(128)


@pytest.mark.slow
@BM3D
def test_bm3d_removes_most_of_the_noise_of_a_smooth_picture() -> None:
    noisy, clean = noisy_ramp(Domain.RGB, 48)
    restored = bm3d(noisy, PROFILE, Domain.RGB)
    assert restored.shape == clean.shape
    assert np.square(restored - clean).mean() < 0.1 * np.square(noisy - clean).mean()
