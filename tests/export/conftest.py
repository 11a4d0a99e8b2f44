"""Heads exported once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from rcl_cli.domain import Domain
from rcl_cli.export.onnx_file import Source, onnx_bytes
from rcl_cli.models.header import Header
from rcl_cli.models.task_model import build_model, of_task, save_head
from rcl_cli.task import get_task
from rcl_tasks.restorer import Restorer

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # tests import onnxruntime themselves


def save_small_head(path: Path, task_name: str, domain: Domain) -> Path:
    """A head of a few features, with random weights that matter; the path."""
    torch.manual_seed(1)
    task = get_task(task_name)
    model = build_model(task, domain, Restorer(domain, {"width": 8, "blocks": 1, "depth": 1}))
    nn.init.normal_(model.head.last.weight, std=0.02)  # type: ignore[union-attr, arg-type]
    save_head(path, model, of_task(Header("head", domain, name=path.stem, notes={"licence": "MIT"}), task))
    return path


@pytest.fixture
def small_head() -> Callable[[Path, str, Domain], Path]:
    """Call it with a path, a task's name and a domain."""
    return save_small_head


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small denoiser of Bayer mosaics, `small.safetensors` beside `small.onnx`; the folder."""
    folder = tmp_path_factory.mktemp("exported")
    path = save_small_head(folder / "small.safetensors", "denoise", Domain.BAYER)
    (folder / "small.onnx").write_bytes(onnx_bytes(Source.load(path)))
    return folder
