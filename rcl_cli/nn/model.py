"""A task's network: the U-Net and the head on it; to and from model files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rcl_cli.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError
from rcl_cli.header import Header
from rcl_cli.nn.backbone import Backbone
from rcl_cli.nn.heads import ResidualHead
from rcl_cli.nn.receptive import head_radius
from rcl_cli.nn.unet import UNet, UNetConfig
from rcl_cli.task import Task


class TaskModel(nn.Module):
    """U-Net and head: (N, C, h, w), and σ(x) for noise-aware tasks → (N, C_out, h·U, w·U)."""

    def __init__(self, unet: UNet, head: nn.Module) -> None:
        super().__init__()
        self.unet = unet
        self.head = head

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        features = self.unet(x, sigma)
        # In mixed precision too: bfloat16 cannot show the detail of a picture, which some heads make as a whole.
        with torch.autocast(x.device.type, enabled=False):
            y: Tensor = self.head(features.float(), x)
        return y

    @property
    def multiple(self) -> int:
        """Input height and width must be multiples of this."""
        return self.unet.config.multiple

    def radius(self) -> int:
        """Elements around its place that an output depends on. Raises RclError as `head_radius` does."""
        device = next(self.head.parameters(), next(self.unet.parameters())).device
        reach = head_radius(self.head.cpu(), self.unet.feature_channels, self.unet.config.channels)
        self.head.to(device)
        return self.unet.config.radius + reach


def build_model(task: Task, domain: Domain, unet: UNet) -> TaskModel:
    """A fresh head of `task` on `unet`."""
    return TaskModel(unet, task.build_head(domain, unet.feature_channels))


def denoiser(backbone: Backbone) -> TaskModel:
    """f_θ as a U-Net and the head of the task `denoise`: the same weights, and so the same result.

    Raises ValueError for a plain U-Net, since that head adds its input to what it makes from the features.
    """
    if not backbone.config.residual:
        raise ValueError("a plain U-Net has no head that adds its input")
    head = ResidualHead(backbone.feature_channels, backbone.config.channels)
    head.last.load_state_dict(backbone.last.state_dict())
    return TaskModel(backbone.unet, head)


def save_backbone(path: Path, backbone: Backbone, header: Header) -> None:
    """Write `backbone` to a model file; `header.architecture` is filled in."""
    _save(path, backbone, backbone.config, header)


def save_head(path: Path, model: TaskModel, header: Header, *, half: bool = False) -> None:
    """Write U-Net and head to one model file; `header.architecture` is filled in."""
    _save(path, model, model.unet.config, header, half=half)


def load_backbone(path: Path, domain: Domain) -> tuple[Backbone, Header]:
    """The backbone in a model file. Raises CheckpointError if it is damaged, not a backbone, or of another domain."""
    checkpoint = load_checkpoint(path)
    _expect(path, checkpoint.header, "backbone", domain)
    backbone = Backbone(_config(path, checkpoint.header))
    _fill(path, backbone, checkpoint)
    return backbone, checkpoint.header


def load_head(path: Path, task: Task, domain: Domain) -> tuple[TaskModel, Header]:
    """The model of `task` in a file. Raises CheckpointError if it is damaged, or of another task or domain."""
    checkpoint = load_checkpoint(path)
    _expect(path, checkpoint.header, "head", domain)
    if checkpoint.header.task != task.name:
        raise CheckpointError(path, f"is a head for {checkpoint.header.task}; choose one for {task.name} (rcl models)")
    model = build_model(task, domain, UNet(_config(path, checkpoint.header)))
    _fill(path, model, checkpoint)
    return model.eval(), checkpoint.header


def _save(path: Path, module: nn.Module, config: UNetConfig, header: Header, *, half: bool = False) -> None:
    values: dict[str, Any] = {**vars(header), "architecture": asdict(config)}
    save_checkpoint(path, Checkpoint(dict(module.state_dict()), Header(**values)), half=half)


def _expect(path: Path, header: Header, kind: str, domain: Domain) -> None:
    if header.kind != kind:
        raise CheckpointError(path, f"holds a {header.kind}, not a {kind}; choose another model (rcl models)")
    if header.domain is not domain:
        advice = "choose another model (rcl models)"
        raise CheckpointError(path, f"is made for {header.domain.value} pictures, these are {domain.value}; {advice}")


def _config(path: Path, header: Header) -> UNetConfig:
    try:
        return UNetConfig(**header.architecture)
    except (TypeError, ValueError) as error:
        raise CheckpointError(path, "describes a network that this version of rcl cannot build") from error


def _fill(path: Path, module: nn.Module, checkpoint: Checkpoint) -> None:
    try:
        module.load_state_dict(checkpoint.tensors)
    except RuntimeError as error:
        raise CheckpointError(path, "does not fit the network that it describes; train it again") from error
