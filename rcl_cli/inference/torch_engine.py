"""Networks run by torch, on any device."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from math import lcm
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, PluginError, RclError
from rcl_cli.inference.engine import Ready, Told, require_shape
from rcl_cli.inference.memory import Layers, keep_freed_memory, tile_size, tiles_at_once
from rcl_cli.inference.model import Model
from rcl_cli.inference.threads import single_threads
from rcl_cli.inference.tiling import Float, Tiling, run_tiled
from rcl_cli.models.header import read_header
from rcl_cli.models.task_model import TaskModel, load_head
from rcl_cli.nn.bend import bend_for
from rcl_cli.noise import sigma_map
from rcl_cli.part import size as size_of
from rcl_cli.part import wanted
from rcl_cli.task import Task
from rcl_cli.train.device import choose_device, full_float32, half_precision, place_module


@dataclass(frozen=True)
class TorchEngine:
    """A network and the head on it, on their device."""

    model: TaskModel
    task: Task
    domain: Domain
    device: torch.device
    half: torch.dtype | None = None
    """What the network computes in, unless results have to be exact; None: float32."""

    @property
    def coded(self) -> bool:
        return self.model.network.coded

    def predict(self, x: Float, told: Told, ready: Ready, report: Callable[[float], None]) -> Float:
        noise = told.balance.profile(told.noise) if told.noise else None
        bend = torch.tensor(bend_for(noise), device=self.device)
        domains = (self.domain, self.task.output(self.domain))
        gains, back = (torch.from_numpy(told.balance.planes(domain)).to(self.device) for domain in domains)

        def network(tile: Tensor) -> Tensor:
            x = tile * gains
            sigma = sigma_map(x, noise, self.domain) * told.share if noise else None
            prediction = self._run(x, sigma, bend, None if told.exact else self.half)
            part = wanted()
            asked = tile.shape[-2:] if part is None else size_of(part)
            require_shape(self.task, self.domain, (*tile.shape[:2], *asked), prediction.shape)
            return prediction / back

        return apply_tiled(
            network, x, ready.tiling, size=ready.tile, workers=ready.workers, device=self.device, report=report
        )

    def _run(self, x: Tensor, sigma: Tensor | None, bend: Tensor, half: torch.dtype | None) -> Tensor:
        with torch.autocast(self.device.type, dtype=half, enabled=half is not None):
            found: Tensor = self.model(x, sigma, bend)
        # Features that float16 cannot hold are left to float32.
        overflown = half is not None and not torch.isfinite(found).all()
        return self._run(x, sigma, bend, None) if overflown else found

    def finish(self, prediction: Float, x: Float) -> Float:
        given = torch.from_numpy(prediction)
        with torch.inference_mode():
            finished = self.task.finish(given, torch.from_numpy(x))
        return prediction if finished is given else finished.numpy()


def apply_tiled(
    network: Callable[[Tensor], Tensor],
    x: Float,
    tiling: Tiling,
    *,
    size: int,
    workers: int = 1,
    device: torch.device | str = "cpu",
    report: Callable[[float], None] = lambda done: None,
) -> Float:
    """`run_tiled` for a network of tensors, (1, C, h, w) → (1, C_out, h·U, w·U), on `device`.

    On the CPU each tile is the work of one thread: the result is the same bit for bit, however many `workers`.
    """

    @torch.inference_mode()
    def run(window: Float) -> Float:
        # Channels last makes convolutions on CPUs half as fast again.
        tensor = torch.from_numpy(window).unsqueeze(0).to(device, memory_format=torch.channels_last)
        found = network(tensor)
        layout = torch.channels_last if found.shape[1] == 3 else torch.contiguous_format
        return np.asarray(found.to("cpu", torch.float32, memory_format=layout)[0].numpy(), np.float32)

    crew = (lambda: single_threads(workers)) if torch.device(device).type == "cpu" else None
    with full_float32():
        return run_tiled(run, x, tiling, size=size, workers=workers, crew=crew, report=report)


def load_model(
    path: Path, task: Task, domain: Domain, device: str, tile: int | None = None, *, exact: bool = False
) -> Model:
    """The head of `task` in a file, ready on `device`; the task gets the options that the file keeps.

    `exact`: as `prepare`. Raises CheckpointError if the file is damaged, or for another task or domain, RclError as
    `choose_device`.
    """
    options = read_header(path).options
    try:
        configured = type(task)(options)
    except PluginError:
        raise
    except RclError as error:
        raise CheckpointError(path, f"does not fit its task: {error}") from error
    network, _ = load_head(path, configured, domain)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    ready = prepare(network, configured, domain, choose_device(device), tile, exact=exact)
    return Model(configured, domain, path, ready, digest)


def prepare(
    model: TaskModel, task: Task, domain: Domain, device: torch.device, tile: int | None = None, *, exact: bool = False
) -> Ready:
    """Put `model` on `device` and work out its tiling; `tile` overrides the size that the memory suggests.

    `exact`: compute in float32 where the device is faster in half precision, too. Raises RclError where the head looks
    at the whole picture.
    """
    place_module(model.eval(), device)
    if device.type == "cpu":
        keep_freed_memory()
    tiling, layers = tiling_of(model, task, domain), layers_of(model)
    budget = torch.cuda.mem_get_info(device)[0] // 2 if device.type == "cuda" else None
    size = tile or tile_size(layers, task, domain, tiling.halo, budget=budget, cpu=device.type == "cpu")
    seen = size + 2 * tiling.halo
    workers = tiles_at_once(layers, task, domain, seen, torch.get_num_threads()) if device.type == "cpu" else 1
    half = None if exact else half_precision(device)
    return Ready(TorchEngine(model, task, domain, device, half), tiling, size, workers)


def tiling_of(model: TaskModel, task: Task, domain: Domain) -> Tiling:
    """How to cut pictures for `model`. Raises RclError where the head looks at the whole picture."""
    # X-Trans changes red and blue from one 3×3 element to the next: tiles must start on even ones.
    multiple = lcm(model.multiple, 2 if domain is Domain.XTRANS else 1)
    network, head = model.radii()
    return Tiling(network + head, multiple, task.upsample(domain), head)


def layers_of(model: TaskModel) -> Layers:
    """What its memory depends on."""
    return Layers(model.network.feature_channels, model.multiple)
