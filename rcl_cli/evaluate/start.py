"""The network that a trial starts from: a pretrained backbone or a fresh one, under a last layer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.models.backbone import Backbone, load_backbone
from rcl_cli.models.task_model import TaskModel
from rcl_cli.nn.cfa import bilinear
from rcl_cli.nn.heads import PlainHead, ResidualHead, enlarged
from rcl_cli.task import Task


@dataclass(frozen=True)
class Start:
    """Where trials start."""

    fresh: Callable[[], Backbone]
    """Makes a network of the same kind."""
    backbone: Backbone | None = None
    """None: each trial has a fresh network of its own."""

    @classmethod
    def load(cls, path: Path, domain: Domain) -> Start:
        """From a model file. Raises CheckpointError as `load_backbone` does."""
        backbone, _ = load_backbone(path, domain)
        return cls(lambda: copy.deepcopy(backbone), backbone)

    @property
    def multiple(self) -> int:
        """The network's."""
        return (self.backbone or self.fresh()).network.multiple

    def with_new_layer(self, task: Task, domain: Domain, seed: int) -> TaskModel:
        """The backbone under a new last layer; all that is fresh is drawn by `seed`.

        On a backbone without skip that layer is a convolution without a skip, on one with it the task's own head.
        """
        torch.manual_seed(seed)
        backbone = self._copy()
        return TaskModel(backbone.network, new_layer(task, domain, backbone))

    def with_own_layer(self, task: Task, domain: Domain, seed: int) -> TaskModel:
        """The backbone with the last layer that it was pretrained with, for tasks whose result has the input's layout.

        Other tasks get a new layer, as `with_new_layer`.
        """
        if not keeps_layout(task, domain):
            return self.with_new_layer(task, domain, seed)
        torch.manual_seed(seed)
        backbone = self._copy()
        head = ResidualHead if backbone.skip else PlainHead
        layer = head(backbone.feature_channels, domain.channels)
        layer.last.load_state_dict(backbone.last.state_dict())
        return TaskModel(backbone.network, layer)

    def unchanged(self, task: Task, domain: Domain) -> TaskModel:
        """f_θ itself, for what it gives without labels. Raises RclError where it was not pretrained or does not fit."""
        if self.backbone is None or not keeps_layout(task, domain):
            raise RclError(
                f"--labels 0 measures what a pretrained backbone gives by itself, a picture of the input's size: "
                f"{task.name} needs labels"
                if self.backbone
                else "--labels 0 needs a pretrained backbone"
            )
        return self.with_own_layer(task, domain, 0)

    def _copy(self) -> Backbone:
        return self.fresh() if self.backbone is None else copy.deepcopy(self.backbone)


class Interpolation(nn.Module):
    """What a task has to beat: its input, in the layout and size of its result by interpolation alone."""

    def __init__(self, task: Task, domain: Domain) -> None:
        super().__init__()
        self.scale = task.scale
        self.domain = None if keeps_layout(task, domain) else domain

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return x if self.domain is None else enlarged(bilinear(x, self.domain), self.scale)


def keeps_layout(task: Task, domain: Domain) -> bool:
    """Whether the task's results are of the layout and size of its inputs, as f_θ(x) is."""
    return task.output(domain) is domain and task.upsample(domain) == 1


def new_layer(task: Task, domain: Domain, backbone: Backbone) -> nn.Module:
    """An untrained last layer for a backbone of this kind."""
    if backbone.skip:
        return task.head_on(backbone.network)
    return PlainHead(backbone.feature_channels, task.output(domain).channels, task.upsample(domain))
