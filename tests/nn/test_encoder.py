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
        return F.batch_norm(y, *(t[f"{at}.{k}"] for k in ("running_mean", "running_var", "weight", "bias")))

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


def test_resnet50_is_rebuilt_from_torchvisions_tensors() -> None:
    models = pytest.importorskip("torchvision.models")
    network = models.resnet50(weights=None).eval()
    x = torch.rand(1, 3, 32, 32)
    encoder = imagenet_encoder(network.state_dict(), Domain.RGB, [0, 1, 2])
    y = (develop(x, Domain.RGB) - encoder.mean) / encoder.std
    stem = network.relu(network.bn1(network.conv1(y)))
    first = network.layer1(network.maxpool(stem))
    for ours, theirs in zip(encoder(x), [stem, first, network.layer2(first)], strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
