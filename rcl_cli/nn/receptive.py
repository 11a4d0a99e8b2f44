"""How far a network looks: measured, so that a third party's head needs no declaration."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rcl_cli.errors import RclError

_SIDE = 65


def head_radius(head: nn.Module, feature_channels: int, channels: int) -> int:
    """Elements around an output element that `head(features, x)` depends on, from gradients at a picture's centre.

    Raises RclError where the dependence reaches the edge of a 65×65 input: such a head cannot be applied in tiles.
    """
    rng = torch.Generator().manual_seed(0)
    inputs = [torch.randn(1, c, _SIDE, _SIDE, generator=rng, requires_grad=True) for c in (feature_channels, channels)]
    with torch.enable_grad():
        output: Tensor = head(*inputs)
        up = output.shape[-1] // _SIDE
        middle = slice(_SIDE // 2 * up, (_SIDE // 2 + 1) * up)
        # Squares, so that contributions of several channels cannot cancel.
        gradients = torch.autograd.grad(output[..., middle, middle].pow(2).sum(), inputs, allow_unused=True)
    radius = max((_reach(g) for g in gradients if g is not None), default=0)
    if radius >= _SIDE // 2:
        raise RclError("the head looks at the whole picture (a global mean, say), so it cannot be applied in tiles")
    return radius


def _reach(gradient: Tensor) -> int:
    touched = gradient.abs().amax(dim=(0, 1)).nonzero()
    return int((touched - _SIDE // 2).abs().max()) if len(touched) else 0
