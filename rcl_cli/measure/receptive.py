"""How far networks and heads look: measured, so that a third party's needs no declaration."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from rcl_cli.errors import RclError

_SIDE = 65
_LARGER = (65, 257, 769)


def head_radius(head: nn.Module, feature_channels: int, channels: int) -> int:
    """Elements around an output element that `head(features, x, sigma)` depends on.

    Raises RclError where the dependence reaches the edge of a 65×65 input: such a head cannot be applied in tiles.
    """
    radius = _reach(head, (feature_channels, channels, channels), _SIDE, 1)
    if radius is None:
        raise RclError("the head looks at the whole picture (a global mean, say), so it cannot be applied in tiles")
    return radius


def network_radius(features: Callable[[Tensor, Tensor], Tensor], channels: int, multiple: int) -> int:
    """The same of `features(x, sigma)`, whose inputs have sides that are multiples of `multiple`.

    The radius holds for every phase of a grid of `multiple` elements. Raises RclError for networks that look further
    than some 380 elements.
    """
    for side in _LARGER:
        radius = _reach(features, (channels, channels), side, multiple)
        if radius is not None:
            return radius
    raise RclError("the network looks at the whole picture (a global mean, say), so it cannot be applied in tiles")


def _reach(run: Callable[..., Tensor], channels: Sequence[int], side: int, multiple: int) -> int | None:
    """From gradients of the middle cell of `multiple` elements a side; None where they reach the input's edge."""
    cells = -(-side // multiple) | 1
    side, start = cells * multiple, cells // 2 * multiple
    rng = torch.Generator().manual_seed(0)
    inputs = [torch.randn(1, c, side, side, generator=rng) for c in channels]
    # The last is a noise level, which is never negative.
    inputs = [x.requires_grad_() for x in (*inputs[:-1], inputs[-1].abs())]
    with torch.enable_grad():
        output = run(*inputs)
        up = output.shape[-1] // side
        cell = slice(start * up, (start + multiple) * up)
        # Squares, so that contributions of several channels cannot cancel.
        gradients = torch.autograd.grad(output[..., cell, cell].pow(2).sum(), inputs, allow_unused=True)
    touched = [g.abs().amax(dim=(0, 1)).nonzero() for g in gradients if g is not None]
    places = torch.cat(touched) if touched else torch.empty(0, 2)
    if not len(places):
        return 0
    first, last = int(places.min()), int(places.max())
    if first == 0 or last == side - 1:
        return None
    return max(start + multiple - 1 - first, last - start)
