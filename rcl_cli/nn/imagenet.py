"""The ImageNet encoders that can serve as g_e, rebuilt from their authors' tensors: architecture by tensor names."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from rcl_cli.domain import Domain
from rcl_cli.nn.encoder import Encoder
from rcl_cli.nn.folded import Residual, Tensors, folded_conv

_MOBILENET_STRIDES = (2, 1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1)
_LITE_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
_RESNET_BLOCKS = (3, 4, 6, 3)


def imagenet_encoder(tensors: Tensors, domain: Domain, layers: Sequence[int] | None = None) -> Encoder:
    """The encoder that `tensors` belong to: MobileNetV2, EfficientNet-Lite0 or ResNet50.

    Layer 0 is the stem, then each block counts (ResNet50: each of its four groups of blocks). `layers` default to the
    last ones of stride 2 and 4: 1 and 3, ResNet50's 0 and 1. Raises ValueError for tensors of any other network, or a
    layer that it has not.
    """
    try:
        if "features.0.0.weight" in tensors:
            return Encoder(_mobilenet_v2(tensors), layers or (1, 3), domain)
        if "_conv_stem.weight" in tensors:
            middle, spread = (127 / 255,) * 3, (128 / 255,) * 3
            return Encoder(_efficientnet_lite(tensors), layers or (1, 3), domain, middle, spread)
        if "layer1.0.conv3.weight" in tensors:
            return Encoder(_resnet50(tensors), layers or (0, 1), domain)
    except KeyError as error:
        raise ValueError(f"lacks the tensor {error}") from error
    raise ValueError("holds no encoder that rcl knows (MobileNetV2, EfficientNet-Lite0, ResNet50, or rcl's own)")


def _mobilenet_v2(tensors: Tensors) -> list[nn.Module]:
    stem = nn.Sequential(folded_conv(tensors, "features.0.0", "features.0.1", stride=2), nn.ReLU6())
    return [stem, *(_mobilenet_block(tensors, i, s) for i, s in enumerate(_MOBILENET_STRIDES[1:], start=1))]


def _mobilenet_block(tensors: Tensors, number: int, stride: int) -> nn.Module:
    at = f"features.{number}.conv"
    # Places in the block's list: convolution, norm, activation, …; the first block does not expand.
    expand, depthwise, project = (None, 0, 3) if number == 1 else (0, 3, 6)
    names = [None if i is None else (f"{at}.{i}", f"{at}.{i + 1}") for i in (expand, depthwise, project)]
    return _inverted_residual(tensors, names, stride)


def _efficientnet_lite(tensors: Tensors) -> list[nn.Module]:
    stem = nn.Sequential(folded_conv(tensors, "_conv_stem", "_bn0", eps=1e-3, stride=2, same=True), nn.ReLU6())
    return [stem, *(_lite_block(tensors, f"_blocks.{i}", stride) for i, stride in enumerate(_LITE_STRIDES))]


def _lite_block(tensors: Tensors, at: str, stride: int) -> nn.Module:
    expand = (f"{at}._expand_conv", f"{at}._bn0") if f"{at}._expand_conv.weight" in tensors else None
    names = [expand, (f"{at}._depthwise_conv", f"{at}._bn1"), (f"{at}._project_conv", f"{at}._bn2")]
    return _inverted_residual(tensors, names, stride, eps=1e-3, same=True)


def _inverted_residual(
    tensors: Tensors, names: Sequence[tuple[str, str] | None], stride: int, *, eps: float = 1e-5, same: bool = False
) -> nn.Module:
    """Expand, filter each channel, project (Sandler et al. 2018): the (convolution, norm) names of the three."""
    expand, depthwise, project = names
    assert depthwise is not None
    assert project is not None
    layers: list[nn.Module] = []
    if expand is not None:
        layers += [folded_conv(tensors, *expand, eps=eps), nn.ReLU6()]
    layers += [folded_conv(tensors, *depthwise, eps=eps, stride=stride, same=same), nn.ReLU6()]
    layers.append(folded_conv(tensors, *project, eps=eps))
    first = expand or depthwise
    inputs = tensors[f"{first[0]}.weight"].shape[1 if expand else 0]
    outputs = tensors[f"{project[0]}.weight"].shape[0]
    return Residual(nn.Sequential(*layers), nn.Identity() if stride == 1 and inputs == outputs else None)


def _resnet50(tensors: Tensors) -> list[nn.Module]:
    stem = nn.Sequential(folded_conv(tensors, "conv1", "bn1", stride=2), nn.ReLU())
    stages: list[nn.Module] = [stem]
    for number, blocks in enumerate(_RESNET_BLOCKS, start=1):
        stride = 1 if number == 1 else 2
        chain = [_bottleneck(tensors, f"layer{number}.{i}", stride if i == 0 else 1) for i in range(blocks)]
        pool = [nn.MaxPool2d(3, stride=2, padding=1)] if number == 1 else []
        stages.append(nn.Sequential(*pool, *chain))
    return stages


def _bottleneck(tensors: Tensors, at: str, stride: int) -> nn.Module:
    """1×1, 3×3 (which carries the stride), 1×1, and a shortcut (He et al. 2016, as torchvision lays it out)."""
    body = nn.Sequential(
        folded_conv(tensors, f"{at}.conv1", f"{at}.bn1"),
        nn.ReLU(),
        folded_conv(tensors, f"{at}.conv2", f"{at}.bn2", stride=stride),
        nn.ReLU(),
        folded_conv(tensors, f"{at}.conv3", f"{at}.bn3"),
    )
    projected = f"{at}.downsample.0.weight" in tensors
    names = f"{at}.downsample.0", f"{at}.downsample.1"
    shortcut = folded_conv(tensors, *names, stride=stride) if projected else nn.Identity()
    return Residual(body, shortcut, nn.ReLU())
