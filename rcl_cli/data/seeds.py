"""Random numbers of training: a generator a step, so that a resumed run draws the same."""

from __future__ import annotations

import torch


def step_generator(seed: int, step: int) -> torch.Generator:
    """The CPU generator of one training step. Each step has its own, so that a resumed run draws the same numbers."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**63)
