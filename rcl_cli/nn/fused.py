"""A convolution and what follows it in one pass over memory, where torch has that: when networks are applied on CPUs.

The operations are those of torch's own compiler. Without them, and in training, it is two passes.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn, relu_


def conv_relu(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """relu(conv(x))."""
    if _can_fuse(conv, x):
        weights, how = _of(conv, x)
        return _relu(x, *weights, how)
    # In place, which no convolution's gradient minds: a fifth faster.
    return relu_(conv(x))


def conv_add(conv: nn.Conv2d, x: Tensor, to: Tensor) -> Tensor:
    """conv(x) + to."""
    if _can_fuse(conv, x) and to.dtype == x.dtype:
        weights, how = _of(conv, x)
        return _add(x, to, *weights, how)
    y: Tensor = conv(x)
    return y.add_(to)


@cache
def convolves_bfloat16() -> bool:
    """Whether oneDNN takes bfloat16 on this processor: not where ONEDNN_MAX_CPU_ISA bids it do without, too."""
    try:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):  # of versions of torch that cannot tell
        return True


def _can_fuse(conv: nn.Conv2d, x: Tensor) -> bool:
    cast = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    return (
        x.device.type == "cpu"
        and x.dtype == cast
        and (x.dtype == torch.float32 or (x.dtype == torch.bfloat16 and convolves_bfloat16()))
        and not torch.is_grad_enabled()
        and not torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        and not torch.compiler.is_compiling()
        and conv.padding_mode == "zeros"
        and not isinstance(conv.padding, str)
        and _has_them()
    )


@cache
def _has_them() -> bool:
    """Whether this torch has both operations, as they are called here: they are no part of what it promises."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    x, weight = torch.ones(1, 1, 1, 1), torch.full((1, 1, 1, 1), -2.0)
    how = ([0, 0], [1, 1], [1, 1], 1)
    try:
        rectified = _relu(x, weight, None, how)
        added = _add(x, x, weight, None, how)
    except (AttributeError, RuntimeError, TypeError, NotImplementedError):
        return False
    return rectified.item() == 0 and added.item() == -1


def _relu(x: Tensor, weight: Tensor, bias: Tensor | None, how: tuple[object, ...]) -> Tensor:
    made: Tensor = torch.ops.mkldnn._convolution_pointwise(x, weight, bias, *how, "relu", [], "")
    return made


def _add(x: Tensor, to: Tensor, weight: Tensor, bias: Tensor | None, how: tuple[object, ...]) -> Tensor:
    pointwise = torch.ops.mkldnn._convolution_pointwise.binary
    made: Tensor = pointwise(x, to, weight, bias, *how, "add", 1.0, None, [], None)
    return made


def _of(conv: nn.Conv2d, x: Tensor) -> tuple[tuple[Tensor, Tensor | None], tuple[object, ...]]:
    bias = None if conv.bias is None else conv.bias.to(x.dtype)
    return (conv.weight.to(x.dtype), bias), (conv.padding, conv.stride, conv.dilation, conv.groups)
