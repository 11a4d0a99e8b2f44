"""Drawing noise from a noise profile, and drawing profiles for training.

The model throughout: n ~ N(0, λ_shot·x + λ_read), independent per element (Dong et al., section 4; Foi et al. 2008).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain

RANGE_255 = 255.0
"""The normalised range 0…1 in 1/255, the unit in which the literature gives σ of pictures (σ ∈ [0, 20]).

Names that end in _255 are in this unit. It is not DN, which are the integers of a raw file. Metrics of training and of
the benchmark keep the endings _dn that they have always had (`residual_dn`, `error_dn`), so that old files can be read:
they are in 1/255 too.
"""
LEAST_VARIANCE = 1e-10
"""Of `differentiable_sigma`: σ of 1e-5, far below what any file can hold."""


def sigma_of(x: Tensor, shot: Tensor, read: Tensor) -> Tensor:
    """√(λ_shot·max(x, 0) + λ_read) of every element of `x`; λ of any shapes that broadcast to that of `x`.

    >>> one = torch.ones(1, 1, 1, 1)
    >>> round(float(sigma_of(0.5 * one, 0.02 * one, 0.15 * one)), 6)
    0.4
    """
    return _variance(x, shot, read).sqrt()


def differentiable_sigma(x: Tensor, shot: Tensor, read: Tensor) -> Tensor:
    """`sigma_of`, at least √`LEAST_VARIANCE`, so that the derivative of the root is finite where there is no noise."""
    return _variance(x, shot, read).clamp_min(LEAST_VARIANCE).sqrt()


def _variance(x: Tensor, shot: Tensor, read: Tensor) -> Tensor:
    return shot * x.clamp_min(0.0) + read


def variance_gains(noise: Sequence[NoiseProfile], domain: Domain, like: Tensor) -> tuple[Tensor, Tensor]:
    """λ_shot and λ_read of each profile and channel, (N, C, 1, 1) each, of the dtype of `like`."""
    shot = [[profile.shot[plane] for plane in domain.noise_planes] for profile in noise]
    read = [[profile.read[plane] for plane in domain.noise_planes] for profile in noise]
    return like.new_tensor(shot)[..., None, None], like.new_tensor(read)[..., None, None]


def sigma_map(x: Tensor, profile: NoiseProfile, domain: Domain) -> Tensor:
    """Standard deviation of the noise of every element of `x`, (…, C, h, w); x below 0 counts as 0."""
    shot, read = variance_gains([profile], domain, x)
    return sigma_of(x, shot[0], read[0])


def sigma_maps(x: Tensor, noise: Sequence[NoiseProfile], domain: Domain) -> Tensor:
    """σ of every element of (N, C, h, w), each picture by its own profile. Raises ValueError where any lacks one."""
    if len(noise) != len(x):
        raise ValueError(f"{len(x)} pictures need as many noise profiles, not {len(noise)}")
    return sigma_of(x, *variance_gains(noise, domain, x))


def add_noise(clean: Tensor, profile: NoiseProfile, domain: Domain, rng: torch.Generator) -> Tensor:
    """`clean`, (…, C, h, w), plus Gaussian noise of the profile's variance; nothing is clipped or rounded."""
    noise = torch.randn(clean.shape, generator=rng, dtype=clean.dtype, device=rng.device).to(clean.device)
    return clean + noise * sigma_map(clean, profile, domain)


def add_noises(clean: Tensor, noise: Sequence[NoiseProfile], domain: Domain, rng: torch.Generator) -> Tensor:
    """`clean`, (N, C, h, w), plus Gaussian noise, each picture by its own profile."""
    pairs = zip(clean, noise, strict=True)
    return torch.stack([add_noise(picture, profile, domain, rng) for picture, profile in pairs])


class NoiseSource(Protocol):
    """Where the noise of training crops comes from."""

    def draw(self, rng: torch.Generator) -> NoiseProfile:
        """The profile of the next crop."""

    def describe(self) -> dict[str, Any]:
        """Plain values for a model's header."""


@dataclass(frozen=True)
class FixedNoise:
    """The same profile every time: one camera at one ISO."""

    profile: NoiseProfile

    def draw(self, rng: torch.Generator) -> NoiseProfile:
        return self.profile

    def describe(self) -> dict[str, Any]:
        return {"kind": "fixed", "shot": list(self.profile.shot), "read": list(self.profile.read)}


@dataclass(frozen=True)
class SensorNoise:
    """Profiles as of real sensors: λ_shot log-uniform, λ_read following it.

    ln λ_read = 2.18·ln λ_shot + 1.2 + N(0, 0.26) (Brooks et al. 2019, "Unprocessing Images for Learned Raw Denoising").
    The default range is wider than theirs (1e-4…1.2e-2) so that base ISO and the highest ISOs are inside.
    """

    shot_low: float = 2e-5
    shot_high: float = 2e-2

    def draw(self, rng: torch.Generator) -> NoiseProfile:
        log_shot = _uniform(math.log(self.shot_low), math.log(self.shot_high), rng)
        log_read = 2.18 * log_shot + 1.2 + 0.26 * float(torch.randn((), generator=rng, device=rng.device))
        return NoiseProfile.uniform(math.exp(log_shot), math.exp(log_read), method="drawn")

    def describe(self) -> dict[str, Any]:
        return {"kind": "sensor", "shot": [self.shot_low, self.shot_high]}


@dataclass(frozen=True)
class SigmaNoise:
    """The paper's regime (section 4): σ at white uniform in [low, high] of 255, shot's share of it uniform."""

    low: float = 0.0
    high: float = 20.0

    def draw(self, rng: torch.Generator) -> NoiseProfile:
        variance = (_uniform(self.low, self.high, rng) / RANGE_255) ** 2
        share = _uniform(0.0, 1.0, rng)
        return NoiseProfile.uniform(share * variance, (1.0 - share) * variance, method="drawn")

    def describe(self) -> dict[str, Any]:
        return {"kind": "sigma", "sigma_255": [self.low, self.high]}


def _uniform(low: float, high: float, rng: torch.Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=rng, device=rng.device))
