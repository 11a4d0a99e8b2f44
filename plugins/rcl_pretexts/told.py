"""What denoisers learnt from noisy pictures by their noise levels have in common."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from rcl_cli.pretext import NoiseLevel, Pretext, PretextSetup


class ToldPretext(Pretext):
    """f is told the noise level by the option `noise_aware`; None there: where it may be."""

    noise_level = NoiseLevel.REQUIRED
    denoises = True

    def __init__(self, setup: PretextSetup) -> None:
        super().__init__(setup)
        if self.options.noise_aware is None:
            self.options = replace(self.options, noise_aware=setup.noise_input)

    def told(self, sigma: Tensor) -> Tensor | None:
        """What f gets of σ, (N, C, h, w)."""
        return sigma if self.options.noise_aware else None
