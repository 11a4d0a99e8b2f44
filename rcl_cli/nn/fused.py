"""A convolution and what follows it in one pass over memory, where torch has that: when networks are applied on CPUs.

The operations are those of torch's own compiler. Without them, and in training, it is two passes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn, relu_


def conv_relu(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """relu(conv(x))."""
    if _can_fuse(conv, x):
        weights, how = _of(conv, x)
        made: Tensor = torch.ops.mkldnn._convolution_pointwise(x, *weights, *how, "relu", [], "")
        return made
    # In place, which no convolution's gradient minds: a fifth faster.
    return relu_(conv(x))


def conv_add(conv: nn.Conv2d, x: Tensor, to: Tensor) -> Tensor:
    """conv(x) + to."""
    if _can_fuse(conv, x) and to.dtype == x.dtype:
        weights, how = _of(conv, x)
        pointwise = torch.ops.mkldnn._convolution_pointwise.binary
        made: Tensor = pointwise(x, to, *weights, *how, "add", 1.0, None, [], None)
        return made
    y: Tensor = conv(x)
    return y.add_(to)


def _can_fuse(conv: nn.Conv2d, x: Tensor) -> bool:
    cast = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    return (
        x.device.type == "cpu"
        and x.dtype == cast
        and x.dtype in (torch.float32, torch.bfloat16)
        and not torch.is_grad_enabled()
        and not torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        and not torch.compiler.is_compiling()
        and conv.padding_mode == "zeros"
        and not isinstance(conv.padding, str)
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    )


def _of(conv: nn.Conv2d, x: Tensor) -> tuple[tuple[Tensor, Tensor | None], tuple[object, ...]]:
    bias = None if conv.bias is None else conv.bias.to(x.dtype)
    return (conv.weight.to(x.dtype), bias), (conv.padding, conv.stride, conv.dilation, conv.groups)
