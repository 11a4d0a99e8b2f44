"""`rcl export --format onnx`: a head as a graph of its own, with a contract that says how to feed it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import torch
from torch import Tensor

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.export.graph import Head
from rcl_cli.export.trace import keep_inputs, require_equal, set_properties, traced
from rcl_cli.inference.torch_engine import tiling_of
from rcl_cli.models.contract import Contract
from rcl_cli.models.exported import need_onnx
from rcl_cli.models.header import Header
from rcl_cli.models.task_model import TaskModel, load_head
from rcl_cli.plugins.entries import OWN
from rcl_cli.task import Task, get_task

DEFAULTS = {"balance": (1.0, 1.0, 1.0), "strength": (1.0,)}
_ODD = (61, 83)
"""Sides of the picture on which both are compared, in pixels."""


@dataclass(frozen=True)
class Source:
    """A head to be exported."""

    path: Path
    model: TaskModel
    task: Task
    header: Header

    @property
    def domain(self) -> Domain:
        return self.header.domain

    @property
    def digest(self) -> str:
        """As results record it."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:12]

    @classmethod
    def load(cls, path: Path) -> Source:
        """The head in a model file.

        Raises CheckpointError where there is none, RclError for tasks whose `finish` no graph holds.
        """
        from rcl_cli.models.header import read_header

        header = read_header(path)
        if header.kind != "head":
            raise RclError(f"{path}: holds a {header.kind}; only heads are exported (rcl models)")
        task = type(get_task(header.task))(header.options)
        if type(task).finish is not Task.finish:
            raise RclError(f"{task.name} has a last touch on whole pictures (finish), which a graph cannot hold")
        return cls(path, load_head(path, task, header.domain)[0], task, header)


def onnx_bytes(source: Source) -> bytes:
    """The ONNX file of a head, checked to give in onnxruntime what it gives in torch.

    Raises RclError where it cannot be exported, or a package is missing.
    """
    need_onnx()
    contract = contract_of(source)
    module = Head(source.model, source.task, source.domain, contract.multiple).eval()
    inputs = example(source.domain, 8 * contract.multiple * source.domain.pixels, 0)
    channels = 1 if contract.result.is_raw else 3
    model = traced(module, inputs, "y", channels=channels, scale=contract.scale)
    keep_inputs(model, list(contract.inputs), DEFAULTS)
    version = metadata.version(OWN)
    set_properties(model, contract.properties(source.header, version), OWN, version)
    require_equal(module, model, list(_pictures(source.domain)), source.path.stem)
    data: bytes = model.SerializeToString()
    return data


def contract_of(source: Source) -> Contract:
    """What the exported head says of itself."""
    task, domain = source.task, source.domain
    tiling = tiling_of(source.model, task, domain)
    return Contract(
        task=task.name,
        domain=domain,
        result=task.output(domain),
        scale=task.scale,
        noise_aware=task.noise_aware,
        coded=source.model.network.coded,
        multiple=tiling.multiple,
        halo=tiling.halo,
        feature_channels=source.model.network.feature_channels,
        name=source.header.name or source.path.stem,
        weights=source.digest,
        camera=source.header.camera,
    )


def example(domain: Domain, side: int, seed: int, width: int = 0) -> Mapping[str, Tensor]:
    """Inputs of a `Head`: a noisy picture, its noise and white balance."""
    rng = torch.Generator().manual_seed(seed)
    channels = 1 if domain.is_raw else 3
    return {
        "x": torch.rand(1, channels, side, width or side, generator=rng) - 0.05,
        "shot": torch.tensor([0.01, 0.012, 0.011, 0.013]),
        "read": torch.tensor([1e-4, 1.2e-4, 1.1e-4, 1.3e-4]),
        "balance": torch.tensor([2.0, 1.0, 1.5]),
        "strength": torch.tensor([0.7]),
    }


def _pictures(domain: Domain) -> Iterator[Mapping[str, Tensor]]:
    """An odd size, and no shot noise at another."""
    yield example(domain, _ODD[0], 1, _ODD[1])
    yield {**example(domain, _ODD[1], 2, _ODD[0]), "shot": torch.zeros(4)}
