from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from rcl_cli.domain import Domain
from rcl_cli.nn.encoder import Encoder, develop
from rcl_cli.nn.folded import folded_conv
from rcl_cli.nn.imagenet import imagenet_encoder


def random_norm(channels: int, rng: torch.Generator) -> dict[str, Tensor]:
    values = {k: torch.rand(channels, generator=rng) for k in ("weight", "bias", "running_mean", "running_var")}
    return values | {"running_var": values["running_var"] + 0.5}


def test_develop_of_grey_rgb_is_the_srgb_curve() -> None:
    # IEC 61966-2-1: 0.5 → 0.7353, 0.002 → 12.92 · 0.002; the toe goes on below black.
    x = torch.tensor([0.5, 0.002, -0.01]).view(1, 3, 1, 1)
    torch.testing.assert_close(
        develop(x, Domain.RGB).flatten(), torch.tensor([0.73536, 0.02584, -0.1292]), atol=1e-5, rtol=0
    )


def test_develop_of_raw_takes_the_mean_green() -> None:
    bayer = torch.tensor([0.1, 0.2, 0.4, 0.1]).view(1, 4, 1, 1)
    expected = develop(torch.tensor([0.2, 0.3, 0.15]).view(1, 3, 1, 1), Domain.RGB)
    torch.testing.assert_close(develop(bayer, Domain.BAYER), expected)
    xtrans = torch.tensor([0.1, 0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.1, 0.1]).view(1, 9, 1, 1)
    torch.testing.assert_close(develop(xtrans, Domain.XTRANS), expected)


def test_develop_has_finite_gradients_at_and_below_black() -> None:
    x = torch.tensor([-1.0, 0.0, 0.0031308]).view(1, 3, 1, 1).requires_grad_()
    develop(x, Domain.RGB).sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize(("outputs", "inputs", "stride"), [(6, 3, 1), (4, 1, 2)])
def test_folding_equals_convolution_and_batch_norm(outputs: int, inputs: int, stride: int) -> None:
    rng = torch.Generator().manual_seed(0)
    groups = outputs if inputs == 1 else 1
    conv = nn.Conv2d(inputs * groups, outputs, 3, stride, 1, groups=groups, bias=False)
    norm = nn.BatchNorm2d(outputs, eps=1e-3)
    norm.load_state_dict(random_norm(outputs, rng), strict=False)
    norm.eval()
    tensors = {"c.weight": conv.weight, **{f"n.{k}": v for k, v in norm.state_dict().items()}}
    x = torch.randn(2, inputs * groups, 8, 8, generator=rng)
    folded = folded_conv({k: v.detach() for k, v in tensors.items()}, "c", "n", eps=1e-3, stride=stride)
    torch.testing.assert_close(folded(x), norm(conv(x)))


@pytest.mark.parametrize("kernel", [3, 5])
def test_same_padding_is_that_of_tensorflow(kernel: int) -> None:
    # tf.nn.conv2d, "SAME", stride 2, even sizes: (k − 2) rows in all, the smaller half before.
    rng = torch.Generator().manual_seed(0)
    tensors = {"c.weight": torch.randn(2, 3, kernel, kernel, generator=rng)}
    tensors |= {f"n.{k}": v for k, v in random_norm(2, rng).items()}
    x = torch.randn(1, 3, 8, 8, generator=rng)
    before = (kernel - 2) // 2
    padded = F.pad(x, (before, kernel - 2 - before) * 2)
    expected = F.batch_norm(
        F.conv2d(padded, tensors["c.weight"], stride=2),
        tensors["n.running_mean"],
        tensors["n.running_var"],
        tensors["n.weight"],
        tensors["n.bias"],
    )
    torch.testing.assert_close(folded_conv(tensors, "c", "n", stride=2, same=True)(x), expected)


def test_layers_are_standardised_and_fixed_but_pass_gradients() -> None:
    stages = [nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3, stride=2), nn.Conv2d(2, 2, 1)]
    encoder = Encoder(stages, [0, 1], Domain.RGB)
    assert len(encoder.stages) == 2
    x = torch.rand(3, 3, 16, 16, requires_grad=True)
    encoder.standardise(x)
    features = encoder(x)
    assert [f.shape[1] for f in features] == [4, 2]
    for layer in features:
        assert layer.std().item() == pytest.approx(1.0, rel=1e-4)
    features[1].sum().backward()
    assert x.grad is not None
    assert all(not p.requires_grad for p in encoder.parameters())


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="layers 0 to 0, not 3"):
        Encoder([nn.Identity()], [3], Domain.RGB)


def test_unknown_tensors_are_refused() -> None:
    with pytest.raises(ValueError, match="no encoder that rcl knows"):
        imagenet_encoder({"x": torch.ones(1)}, Domain.RGB)
    with pytest.raises(ValueError, match="lacks the tensor"):
        imagenet_encoder({"features.0.0.weight": torch.ones(1, 3, 3, 3)}, Domain.RGB)


def reference_mobilenet(t: dict[str, Tensor], x: Tensor, blocks: int) -> Tensor:
    """MobileNetV2's early blocks, straight from the paper's description (Sandler et al. 2018)."""

    def norm(y: Tensor, at: str) -> Tensor:
        mean, variance, gain, shift = (t[f"{at}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(y, mean, variance, gain, shift)

    y = F.relu6(norm(F.conv2d(x, t["features.0.0.weight"], stride=2, padding=1), "features.0.1"))
    for i in range(1, blocks):
        start, at = y, f"features.{i}.conv"
        if i > 1:
            y = F.relu6(norm(F.conv2d(y, t[f"{at}.0.weight"]), f"{at}.1"))
        a, b = (0, 3) if i == 1 else (3, 6)
        depthwise = t[f"{at}.{a}.weight"]
        y = F.conv2d(y, depthwise, stride=2 if i == 2 else 1, padding=1, groups=len(depthwise))
        y = norm(F.conv2d(F.relu6(norm(y, f"{at}.{a + 1}")), t[f"{at}.{b}.weight"]), f"{at}.{b + 1}")
        y = y + start if y.shape == start.shape else y
    return y


@pytest.mark.realdata
def test_mobilenet_v2_agrees_with_a_plain_reading_of_its_paper(realdata: Path) -> None:
    tensors = {k: v.float() for k, v in load_file(realdata / "encoders/mobilenetv2-imagenet.safetensors").items()}
    encoder = imagenet_encoder(tensors, Domain.RGB)
    x = torch.rand(2, 3, 32, 32)
    normalised = (develop(x, Domain.RGB) - encoder.mean) / encoder.std
    early, late = encoder(x)
    assert early.shape == (2, 16, 16, 16)
    torch.testing.assert_close(early, reference_mobilenet(tensors, normalised, 2), atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(late, reference_mobilenet(tensors, normalised, 4), atol=1e-3, rtol=1e-4)


@pytest.mark.realdata
def test_efficientnet_lite0_has_its_early_shapes(realdata: Path) -> None:
    tensors = load_file(realdata / "encoders/efficientnet-lite0-imagenet.safetensors")
    features = imagenet_encoder(tensors, Domain.BAYER)(torch.rand(1, 4, 32, 32))
    assert [tuple(f.shape) for f in features] == [(1, 16, 16, 16), (1, 24, 8, 8)]
    with pytest.raises(ValueError, match="layers 0 to 16"):
        imagenet_encoder(tensors, Domain.RGB, [40])


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions with a shortcut (He et al. 2016, figure 5); the 3×3 has the stride."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.downsample = shortcut if stride > 1 or inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet50(nn.Module):
    """Table 1 of He et al. 2016 without the classifier, its tensors named as torchvision names them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.layer1, self.layer2 = self.group(64, 64, 3, 1), self.group(256, 128, 4, 2)
        self.layer3, self.layer4 = self.group(512, 256, 6, 2), self.group(1024, 512, 3, 2)

    @staticmethod
    def group(inputs: int, width: int, blocks: int, stride: int) -> nn.Sequential:
        further = (Bottleneck(4 * width, width, 1) for _ in range(blocks - 1))
        return nn.Sequential(Bottleneck(inputs, width, stride), *further)

    def forward(self, x: Tensor) -> list[Tensor]:
        features = [F.relu(self.bn1(self.conv1(x)))]
        features.append(self.layer1(F.max_pool2d(features[-1], 3, 2, 1)))
        for group in (self.layer2, self.layer3, self.layer4):
            features.append(group(features[-1]))
        return features


@pytest.fixture(scope="module")
def resnet50() -> ResNet50:
    """With random weights, and batch norms that shift and scale."""
    rng = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    network = ResNet50().eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.load_state_dict(random_norm(module.num_features, rng), strict=False)
    return network


@torch.no_grad()
def test_resnet50_is_rebuilt_from_tensors_named_as_torchvisions(resnet50: ResNet50) -> None:
    tensors = resnet50.state_dict()
    # torchvision's file holds 320 tensors, each norm's `num_batches_tracked` among them, and the classifier's two.
    assert len(tensors) == 318
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    encoder = imagenet_encoder(tensors, Domain.RGB, range(5))
    expected = resnet50((develop(x, Domain.RGB) - encoder.mean) / encoder.std)
    assert [tuple(layer.shape[1:]) for layer in expected] == [
        (64, 32, 32),
        (256, 16, 16),
        (512, 8, 8),
        (1024, 4, 4),
        (2048, 2, 2),
    ]
    for ours, theirs in zip(encoder(x), expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
        assert float(theirs.std()) > 0.1
