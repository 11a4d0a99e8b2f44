"""Remove noise and double the resolution along each axis in one step; gives RGB."""

from __future__ import annotations

import torch
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.noise import add_noise
from rcl_cli.plugins.hooks import hookimpl
from rcl_cli.task import Task
from rcl_tasks.sr import SuperResolution


class JointDenoiseSuperResolution(SuperResolution):
    """Noisy picture or mosaic → clean RGB with twice the pixels along each axis (the paper's JDenSR)."""

    name = "jdensr"
    noise_aware = True

    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        reduced, target = super().degrade(clean, domain, noise, rng)
        return add_noise(reduced, noise, domain, rng), target


@hookimpl
def rcl_task() -> type[Task]:
    return JointDenoiseSuperResolution
