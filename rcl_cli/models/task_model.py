"""A task's model: a network and the head on it; to and from model files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError
from rcl_cli.measure.receptive import head_radius
from rcl_cli.models.backbone import Backbone
from rcl_cli.models.checkpoint import load_checkpoint
from rcl_cli.models.header import Header
from rcl_cli.models.modules import built, expect, fill, save_module
from rcl_cli.network import Network
from rcl_cli.nn.curve import Code
from rcl_cli.nn.heads import ResidualHead
from rcl_cli.nn.start import cut_with_start
from rcl_cli.part import Part, size, wanted
from rcl_cli.plugins.options import plain_options
from rcl_cli.task import Task


class TaskModel(nn.Module):
    """Network and head: (N, C, h, w), and σ(x) for noise-aware tasks → (N, C_out, h·U, w·U), linear like x."""

    def __init__(self, network: Network, head: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.head = head

    def forward(self, x: Tensor, sigma: Tensor | None = None, bend: Tensor | None = None) -> Tensor:
        """`bend`: see `Code`; of coded networks alone. The result is that of the part that is `wanted`."""
        code = self.code(bend)
        z, seen_sigma = code.encode(x), code.sigma(sigma, x)
        return code.decode(self.seen(z, seen_sigma, wanted()))

    def code(self, bend: Tensor | None) -> Code:
        """How values are seen by the network and the head."""
        return Code.of(bend, coded=self.network.coded)

    def seen(self, x: Tensor, sigma: Tensor | None, part: Part | None = None) -> Tensor:
        """The result as the network sees values, from values as it sees them; of `part` alone, if that is given."""
        features = self.network(x, sigma)
        if part is not None:
            if features.shape[-2:] != size(part):
                features = features[..., *part]
            sigma = None if sigma is None else sigma[..., *part]
            x = cut_with_start(x, part, self.network.domain)
        # In mixed precision too: bfloat16 cannot show the detail of a picture, which some heads make as a whole.
        with torch.autocast(x.device.type, enabled=False):
            y: Tensor = self.head(features.float(), x, sigma)
        return y

    @property
    def multiple(self) -> int:
        """Input height and width must be multiples of this."""
        return self.network.multiple

    def radius(self) -> int:
        """Elements around its place that an output depends on. Raises RclError where that is the whole picture."""
        return sum(self.radii())

    def radii(self) -> tuple[int, int]:
        """Those of the network and of the head, which add up to `radius`."""
        device = next(self.parameters()).device
        self.cpu()
        head = head_radius(self.head, self.network.feature_channels, self.network.domain.channels)
        network = self.network.radius()
        self.to(device)
        return network, head


def build_model(task: Task, domain: Domain, network: Network) -> TaskModel:
    """A fresh head of `task` on `network`."""
    return TaskModel(network, task.head_on(network))


def denoiser(backbone: Backbone) -> TaskModel:
    """f_θ as a network and the head of the task `denoise`: the same weights, and so the same result.

    Raises ValueError for a backbone without skip, since that head adds its input to what it makes from the features.
    """
    if not backbone.skip:
        raise ValueError("a plain backbone has no head that adds its input")
    head = ResidualHead(backbone.feature_channels, backbone.network.domain.channels)
    head.last.load_state_dict(backbone.last.state_dict())
    return TaskModel(backbone.network, head)


def save_head(path: Path, model: TaskModel, header: Header, *, half: bool = False) -> None:
    """Write network and head to one model file; what the header says of the network is filled in."""
    save_module(path, model, model.network, header, half=half)


def load_head(path: Path, task: Task, domain: Domain) -> tuple[TaskModel, Header]:
    """The model of `task` in a file.

    Raises CheckpointError if it is damaged, or of another task, its options or another domain, PluginError where its
    network's plugin is missing.
    """
    checkpoint = load_checkpoint(path)
    header = checkpoint.header
    expect(path, header, "head", domain)
    if header.task != task.name:
        raise CheckpointError(path, f"is a head for {header.task}; choose one for {task.name} (rcl models)")
    model = built(path, checkpoint, lambda network: build_model(task, domain, network))
    fill(path, model, checkpoint)
    return model.eval(), header


def of_task(header: Header, task: Task) -> Header:
    """The header with what there is to say of the task."""
    return replace(header, kind="head", task=task.name, options=plain_options(task.options), scale=task.scale)
