"""What a pretext gets of N pictures, and their noise: one profile each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.noise import add_noise, sigma_map


@dataclass(frozen=True)
class Batch:
    """One region of each of N different pictures."""

    pictures: Tensor
    """(N, C, h, w), normalised; noisy, or clean where the pretext asks for clean ones."""
    noise: tuple[NoiseProfile, ...] = ()
    """Of each picture: the noise in it, or the noise to be added to it. Empty where nobody asked for it."""
    numbers: tuple[int, ...] = ()
    """Which of the run's pictures each is. Empty where that is not known."""

    @property
    def identities(self) -> Tensor:
        """`numbers`, (N,); 0…N − 1 where they are not known."""
        return torch.tensor(self.numbers or range(len(self.pictures)))

    def noisy(self, domain: Domain, rng: torch.Generator) -> Batch:
        """With the pictures' noise added, for a batch of clean pictures."""
        return replace(self, pictures=add_noises(self.pictures, self.noise, domain, rng))


def sigma_maps(x: Tensor, noise: Sequence[NoiseProfile], domain: Domain) -> Tensor:
    """σ of every element of (N, C, h, w), each picture by its own profile."""
    return torch.stack([sigma_map(picture, profile, domain) for picture, profile in zip(x, noise, strict=True)])


def add_noises(clean: Tensor, noise: Sequence[NoiseProfile], domain: Domain, rng: torch.Generator) -> Tensor:
    """`clean`, (N, C, h, w), plus Gaussian noise, each picture by its own profile."""
    pairs = zip(clean, noise, strict=True)
    return torch.stack([add_noise(picture, profile, domain, rng) for picture, profile in pairs])


def variance_gains(noise: Sequence[NoiseProfile], domain: Domain, like: Tensor) -> tuple[Tensor, Tensor]:
    """λ_shot and λ_read of each picture and channel, (N, C, 1, 1) each, of the dtype of `like`."""
    shot = [[profile.shot[plane] for plane in domain.noise_planes] for profile in noise]
    read = [[profile.read[plane] for plane in domain.noise_planes] for profile in noise]
    return like.new_tensor(shot)[..., None, None], like.new_tensor(read)[..., None, None]
