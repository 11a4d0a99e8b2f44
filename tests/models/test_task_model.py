from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, RclError
from rcl_cli.measure.receptive import head_radius
from rcl_cli.models.backbone import Backbone, load_backbone, save_backbone
from rcl_cli.models.header import Header
from rcl_cli.models.task_model import TaskModel, build_model, denoiser, load_head, save_head
from rcl_cli.task import get_task
from rcl_tasks.unet import UNet

SMALL = {"width": 4, "depth": 1}


def header(kind: str, task: str = "") -> Header:
    return Header(kind, Domain.BAYER, task=task)


@pytest.fixture
def head_file(tmp_path: Path) -> tuple[Path, TaskModel]:
    model = build_model(get_task("denoise"), Domain.BAYER, UNet(Domain.BAYER, SMALL))
    path = tmp_path / "head.safetensors"
    save_head(path, model, header("head", "denoise"))
    return path, model


def test_a_head_comes_back_as_it_was(head_file: tuple[Path, TaskModel]) -> None:
    path, model = head_file
    loaded, read = load_head(path, get_task("denoise"), Domain.BAYER)
    x = torch.randn(1, 4, 8, 8)
    assert torch.equal(loaded(x, x.abs()), model(x, x.abs()))
    assert (read.network, read.architecture) == ("unet", SMALL)


def test_a_backbone_comes_back_as_it_was(tmp_path: Path) -> None:
    backbone = Backbone(UNet(Domain.BAYER, SMALL))
    save_backbone(tmp_path / "b.safetensors", backbone, header("backbone"))
    loaded, _ = load_backbone(tmp_path / "b.safetensors", Domain.BAYER)
    x = torch.randn(1, 4, 8, 8)
    assert torch.equal(loaded(x), backbone(x))


def test_the_wrong_domain_task_or_kind_is_named(head_file: tuple[Path, TaskModel]) -> None:
    path, _ = head_file
    with pytest.raises(CheckpointError, match="made for bayer pictures, these are rgb"):
        load_head(path, get_task("denoise"), Domain.RGB)
    with pytest.raises(CheckpointError, match="head for denoise"):
        load_head(path, get_task("demosaic"), Domain.BAYER)
    with pytest.raises(CheckpointError, match="holds a head, not a backbone"):
        load_backbone(path, Domain.BAYER)


def test_damaged_files_are_refused(head_file: tuple[Path, TaskModel], tmp_path: Path) -> None:
    path, _ = head_file
    data = path.read_bytes()
    for name, content in {
        "short": data[:-100],
        "header only": data[:50],
        "empty": b"",
        "text": b"not a model at all, but long enough to look into",
        "foreign": b"\x02\x00\x00\x00\x00\x00\x00\x00{}",
    }.items():
        broken = tmp_path / f"{name}.safetensors"
        broken.write_bytes(content)
        with pytest.raises(CheckpointError):
            load_head(broken, get_task("denoise"), Domain.BAYER)


class _Blur(nn.Module):
    def __init__(self, radius: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 2 * radius + 1, padding=radius)

    def forward(self, features: Tensor, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return x + self.conv(features)


class _GlobalMean(nn.Module):
    def forward(self, features: Tensor, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return x - features.mean(dim=(-2, -1), keepdim=True)


@pytest.mark.parametrize("radius", [0, 1, 3])
def test_head_radius_is_that_of_its_convolution(radius: int) -> None:
    assert head_radius(_Blur(radius), 4, 4) == radius


def test_a_head_that_sees_everything_is_refused() -> None:
    with pytest.raises(RclError, match="in tiles"):
        head_radius(_GlobalMean(), 4, 4)


def test_a_denoising_backbone_is_a_denoise_head_to_the_bit(tmp_path: Path) -> None:
    torch.manual_seed(0)
    unet = UNet(Domain.BAYER, {"width": 6, "depth": 1})
    backbone = Backbone(unet)
    assert backbone.last.bias is not None
    torch.nn.init.normal_(unet.sigma_stem.weight)
    torch.nn.init.normal_(backbone.last.bias)
    save_head(tmp_path / "head.safetensors", denoiser(backbone), Header("head", Domain.BAYER, task="denoise"))
    model, _ = load_head(tmp_path / "head.safetensors", get_task("denoise"), Domain.BAYER)
    x, sigma = torch.rand(2, 1, 4, 16, 16)
    with torch.no_grad():
        assert torch.equal(model(x, sigma), backbone(x, sigma))
        assert not torch.equal(model(x, sigma), backbone(x))


def test_a_plain_backbone_is_no_denoise_head() -> None:
    with pytest.raises(ValueError, match="plain"):
        denoiser(Backbone(UNet(Domain.RGB, {"width": 4, "depth": 1}), skip=False))
