"""Adam with the constants of the paper (Dong et al., section 4), and the schedule of its learning rate."""

from __future__ import annotations

import torch
from torch import nn


def share_of_rate(step: int, steps: int, *, rise: float = 0.0, fall: float = 0.0) -> float:
    """0…1, for step 1 … `steps`: rises in a part of the steps at the start, and falls in one at the end.

    >>> [share_of_rate(step, 4, rise=0.5, fall=0.5) for step in (1, 2, 3, 4)]
    [0.5, 1.0, 1.0, 0.5]
    """
    rising = step / (rise * steps) if rise else 1.0
    falling = (steps - step + 1) / (fall * steps) if fall else 1.0
    return min(1.0, rising, falling)


def make_optimizer(model: nn.Module, lr: float) -> torch.optim.Adam:
    """Adam with β = (0.9, 0.999) and ε = 1e-7, for the parameters that require gradients."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return torch.optim.Adam(trained, lr=lr, betas=(0.9, 0.999), eps=1e-7)
