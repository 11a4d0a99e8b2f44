"""Momentum contrast: keys by a copy of the network that follows it, negatives from a queue of earlier keys.

He et al. 2020, "Momentum Contrast for Unsupervised Visual Representation Learning".
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


@torch.no_grad()
def follow(key: nn.Module, query: nn.Module, momentum: float) -> None:
    """Move every parameter of `key` to momentum·key + (1 − momentum)·query (eq. 2)."""
    for k, q in zip(key.parameters(), query.parameters(), strict=True):
        k.lerp_(q.detach(), 1 - momentum)


def contrast_logits(query: Tensor, own: Tensor, others: Tensor, negative: Tensor, tau: float) -> Tensor:
    """Similarities/τ of each query with its own key, first, and with the others, (M, 1 + K).

    (M, D) queries and own keys, (K, D) others, all of unit length. `negative`, (M, K): which of the others are the
    query's negatives; the rest is −∞.
    """
    positive = (query * own).sum(1, keepdim=True)  # (M, 1)
    rest = (query @ others.T).masked_fill(~negative, -torch.inf)  # (M, K)
    return torch.cat([positive, rest], 1) / tau


def info_nce(logits: Tensor) -> Tensor:
    """−ln of the softmax share of the first column, the own key (eq. 1): (M, 1 + K) → (M,)."""
    return logits.logsumexp(1) - logits[:, 0]


class Queue(nn.Module):
    """The latest keys and their pictures, newest first, as buffers, so that a resumed run has the same."""

    keys: Tensor
    pictures: Tensor
    filled: Tensor

    def __init__(self, length: int, channels: int) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(length, channels))
        self.register_buffer("pictures", torch.zeros(length, dtype=torch.long))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))
        self._length: int | None = 0

    def __len__(self) -> int:
        # The buffer is read once after loading: a device would have to be awaited each time.
        if self._length is None:
            self._length = int(self.filled)
        return self._length

    def _load_from_state_dict(self, *given: Any) -> None:
        super()._load_from_state_dict(*given)
        self._length = None

    @property
    def latest(self) -> tuple[Tensor, Tensor]:
        """The keys, (len, D), and their pictures' numbers, (len,): copies, which a loss may need after a push."""
        return self.keys[: len(self)].clone(), self.pictures[: len(self)].clone()

    @torch.no_grad()
    def push(self, keys: Tensor, pictures: Tensor | None = None) -> None:
        """Put (M, D) keys in front, of pictures with these numbers, (M,), else 0; the oldest are dropped."""
        length = len(self.keys)
        if pictures is None:
            pictures = self.pictures.new_zeros(len(keys))
        self.keys.copy_(torch.cat([keys, self.keys])[:length])
        self.pictures.copy_(torch.cat([pictures, self.pictures])[:length])
        self._length = min(length, len(self) + len(keys))
        self.filled.fill_(self._length)
