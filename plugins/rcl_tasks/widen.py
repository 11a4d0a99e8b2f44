"""A wider network that begins with what a narrower one has learnt (after Chen, Goodfellow & Shlens 2016, Net2Net)."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def widen(narrow: nn.Module, wide: nn.Module) -> None:
    """Give `wide`, freshly made, the function of `narrow`, whose layers have the same names and fewer channels.

    What is new stays as it is drawn, except that nothing old listens to it yet. Raises ValueError where a tensor of
    `narrow` does not fit.

    >>> narrow, wide = nn.Conv2d(1, 1, 1, bias=False), nn.Conv2d(2, 3, 1, bias=False)
    >>> widen(narrow, wide)
    >>> x = torch.ones(1, 2, 1, 1)
    >>> bool(torch.equal(wide(x)[:, :1], narrow(x[:, :1])))
    True
    """
    learnt = dict(narrow.named_parameters())
    for name, weight in wide.named_parameters():
        old = learnt.pop(name, None)
        if old is None or old.ndim != weight.ndim or any(a > b for a, b in zip(old.shape, weight.shape, strict=True)):
            raise ValueError(f"{name} is not a wider layer of the same kind")
        weight[: old.shape[0]] = 0
        weight[tuple(slice(size) for size in old.shape)] = old
    if learnt:
        raise ValueError(f"{min(learnt)} is missing in the wider network")
