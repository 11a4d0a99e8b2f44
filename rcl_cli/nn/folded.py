"""Pretrained convolutional networks rebuilt from their tensors alone, batch normalisation folded into the weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

Tensors = Mapping[str, Tensor]


def folded_conv(
    tensors: Tensors, conv: str, norm: str, *, eps: float = 1e-5, stride: int = 1, same: bool = False
) -> nn.Module:
    """The convolution `conv` and the batch norm `norm` after it as one convolution.

    w' = w·γ/√(v + ε), b' = β − m·γ/√(v + ε). Depthwise where each filter sees one channel. Padding is symmetric, or
    with `same` TensorFlow's for even sizes, which pads less at the top left. Raises KeyError for missing tensors.
    """
    weight = tensors[f"{conv}.weight"].float()
    gain = tensors[f"{norm}.weight"].float() * torch.rsqrt(tensors[f"{norm}.running_var"].float() + eps)
    bias = tensors[f"{norm}.bias"].float() - tensors[f"{norm}.running_mean"].float() * gain
    outputs, inputs, kernel, _ = weight.shape
    groups = outputs if inputs == 1 else 1
    padding = 0 if same else kernel // 2
    layer = nn.Conv2d(inputs * groups, outputs, kernel, stride, padding, groups=groups)
    layer.load_state_dict({"weight": weight * gain.view(-1, 1, 1, 1), "bias": bias})
    if not same or kernel == 1:
        return layer
    before = (kernel - stride) // 2
    after = kernel - stride - before
    return nn.Sequential(nn.ZeroPad2d((before, after, before, after)), layer)


class Residual(nn.Module):
    """body(x), plus x or shortcut(x) where there is a shortcut, then the activation if there is one."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        return y if self.activation is None else self.activation(y)
