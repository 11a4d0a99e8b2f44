"""g_e, the fixed encoder of the consistency term (paper, eq. 5): any tensor in, early feature maps out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rcl_cli.domain import Domain

_DAYLIGHT_GAINS = (2.0, 1.0, 1.5)
_COLOUR_PLANES = ((0,), (1, 2), (3,))


def develop(x: Tensor, domain: Domain) -> Tensor:
    """Something like sRGB for an encoder: (N, C, h, w) linear → (N, 3, h, w), differentiable and never clipped.

    RAW: the mean of each colour's planes, times typical daylight gains, since the white balance of a crop is not
    known. Then the sRGB curve (IEC 61966-2-1), its linear toe continued below black.
    """
    return _srgb_curve(x.float() if domain is Domain.RGB else _colour_means(x.float(), domain))


def _colour_means(x: Tensor, domain: Domain) -> Tensor:
    planes = domain.noise_planes
    channels = [[c for c, plane in enumerate(planes) if plane in colour] for colour in _COLOUR_PLANES]
    return torch.stack([gain * x[:, c].mean(1) for gain, c in zip(_DAYLIGHT_GAINS, channels, strict=True)], 1)


def _srgb_curve(linear: Tensor) -> Tensor:
    # The lower clamp keeps the power's gradient finite where the toe is taken instead.
    power = 1.055 * linear.clamp_min(0.0031308).pow(1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, 12.92 * linear, power)


class Encoder(nn.Module):
    """A chain of stages, of which some give φ's layers: (N, C, h, w) in `domain` → list of (N, F, h', w').

    Each layer is divided by its standard deviation on sample pictures (`standardise`), so that layers and encoders
    weigh alike. Its parameters are fixed; gradients pass through to the input.
    """

    scales: Tensor
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        stages: Sequence[nn.Module],
        layers: Sequence[int],
        domain: Domain,
        mean: Sequence[float] = (0.485, 0.456, 0.406),
        std: Sequence[float] = (0.229, 0.224, 0.225),
    ) -> None:
        """`layers`: numbers of the stages whose outputs count, from 0. `mean`, `std`: of sRGB inputs in 0…1.

        Raises ValueError for a layer that there is not.
        """
        super().__init__()
        if not layers or min(layers) < 0 or max(layers) >= len(stages):
            raise ValueError(f"the encoder has layers 0 to {len(stages) - 1}, not {', '.join(map(str, layers))}")
        self.stages = nn.ModuleList(stages[: max(layers) + 1])
        self.layers = tuple(layers)
        self.domain = domain
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))
        self.register_buffer("scales", torch.ones(len(stages)))
        self.requires_grad_(False)
        self.eval()

    def forward(self, x: Tensor) -> list[Tensor]:
        y = (develop(x, self.domain) - self.mean) / self.std
        features = []
        for number, stage in enumerate(self.stages):
            y = stage(y)
            if number in self.layers:
                features.append(y / self.scales[number])
        return features

    @torch.no_grad()
    def standardise(self, sample: Tensor) -> None:
        """Set the layers' scales so that each has a standard deviation of 1 on `sample`, (N, C, h, w)."""
        self.scales.fill_(1.0)
        for number, features in zip(sorted(self.layers), self(sample), strict=True):
            self.scales[number] = features.std().clamp_min(1e-6)
