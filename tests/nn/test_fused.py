"""A convolution and what follows it, in one operation or in two: the same."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from rcl_cli.nn.fused import conv_add, conv_relu


class Seen(TorchDispatchMode):
    """The names of the operations."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


def made(bias: bool = True) -> tuple[nn.Conv2d, torch.Tensor]:
    torch.manual_seed(0)
    return nn.Conv2d(8, 8, 3, padding=1, bias=bias), torch.randn(1, 8, 12, 17).to(memory_format=torch.channels_last)


@pytest.mark.parametrize("bias", [True, False])
def test_applied_and_in_training_it_is_the_same(bias: bool) -> None:
    conv, x = made(bias)
    trained = conv_relu(conv, x), conv_add(conv, x, x)
    with torch.inference_mode():
        applied = conv_relu(conv, x), conv_add(conv, x, x)
    torch.testing.assert_close(applied[0], trained[0])
    torch.testing.assert_close(applied[1], trained[1])
    torch.testing.assert_close(trained[0], nn.functional.conv2d(x, conv.weight, conv.bias, padding=1).clamp_min(0))
    assert trained[0].requires_grad


def test_in_half_precision_it_is_as_close_as_that_is() -> None:
    conv, x = made()
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        half = conv_add(conv, conv_relu(conv, x.bfloat16()), x.bfloat16())
        exact = conv(x)  # float32 goes in, bfloat16 comes out: left to torch
        assert conv_relu(conv, x).dtype is exact.dtype is torch.bfloat16
    assert half.dtype is torch.bfloat16
    torch.testing.assert_close(half.float(), conv_add(conv, conv_relu(conv, x), x), rtol=0.05, atol=0.05)


def test_inputs_stay() -> None:
    conv, x = made()
    before = x.clone()
    with torch.inference_mode():
        conv_add(conv, x, x)
    assert torch.equal(x, before)


def test_what_has_no_such_operation_is_two() -> None:
    x = made()[1]
    circular = nn.Conv2d(8, 8, 3, padding=1, padding_mode="circular")
    double = nn.Conv2d(8, 8, 3, padding=1).double()
    with torch.no_grad():
        torch.testing.assert_close(conv_relu(circular, x), circular(x).clamp_min(0))
        torch.testing.assert_close(conv_relu(double, x.double()), double(x.double()).clamp_min(0))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="needs oneDNN")
def test_it_is_one_operation_where_there_is_one() -> None:
    conv, x = made()
    with torch.no_grad(), Seen() as seen:
        conv_add(conv, conv_relu(conv, x), x)
    assert [name for name in seen.names if "pointwise" in name] == [
        "mkldnn._convolution_pointwise.default",
        "mkldnn._convolution_pointwise.binary",
    ]
    assert not any("relu" in name or "add" in name for name in seen.names)
