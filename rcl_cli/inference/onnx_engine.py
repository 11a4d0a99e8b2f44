"""Exported heads run by onnxruntime, on the CPU. Torch-free."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, RclError, is_out_of_memory
from rcl_cli.inference.engine import Ready, Told, require_shape
from rcl_cli.inference.memory import Layers, keep_freed_memory, tile_size, tiles_at_once
from rcl_cli.inference.model import Model
from rcl_cli.inference.tiling import Float, Tiling, run_tiled
from rcl_cli.models.contract import Contract
from rcl_cli.models.exported import read_exported
from rcl_cli.raw.cfa import canonical
from rcl_cli.raw.pack import Placement, pack, unpack

_NOT_MADE = ("bad allocation", "bad_alloc", "failed to allocate", "out of memory")
_FATAL = 4
"""onnxruntime prints nothing below; errors are raised all the same."""


@dataclass(frozen=True)
class OnnxEngine:
    """An exported head; its graph takes pictures, not packed planes."""

    contract: Contract
    path: Path
    session: Any = field(repr=False)

    @property
    def coded(self) -> bool:
        return self.contract.coded

    def predict(self, x: Float, told: Told, ready: Ready, report: Callable[[float], None]) -> Float:
        contract, known = self.contract, self._inputs(told)

        def run(window: Float) -> Float:
            picture = _picture(window, contract.domain)
            found = self._run({"x": picture[None], **known})
            packed = _packed(found, contract.result)
            require_shape(contract.facts, contract.domain, (1, *window.shape), (1, *packed.shape))
            return packed

        return run_tiled(
            run,
            x,
            ready.tiling,
            size=ready.tile,
            workers=ready.workers,
            crew=lambda: _threads(ready.workers),
            report=report,
        )

    def finish(self, prediction: Float, x: Float) -> Float:
        return prediction  # tasks that have something to do here are not exported

    def _inputs(self, told: Told) -> dict[str, Float]:
        found: dict[str, Float] = {}
        if told.noise is not None:
            found["shot"], found["read"] = (np.array(v, np.float32) for v in (told.noise.shot, told.noise.read))
        if self.contract.coded:
            found["balance"] = np.array(told.balance.gains, np.float32)
        if self.contract.takes_strength:
            found["strength"] = np.array([told.share], np.float32)
        return found

    def _run(self, inputs: dict[str, Float]) -> Float:
        try:
            (found,) = self.session.run(None, inputs)
        except Exception as error:  # its own kinds of errors have no common one
            words = str(error).lower()
            if is_out_of_memory(error) or any(part in words for part in _NOT_MADE):
                raise MemoryError from error
            raise RclError(f"{self.path}: onnxruntime cannot run it ({_first_line(error)})") from error
        if not isinstance(found, np.ndarray) or found.dtype != np.float32 or found.ndim != 4:
            raise RclError(f"{self.path}: its result is no picture; export it again (rcl export)")
        picture: Float = found[0]
        return picture


def require_cpu(device: str) -> None:
    """Raises RclError for another device than "auto" and "cpu"."""
    if device not in ("auto", "cpu"):
        raise RclError(f"exported heads run on the CPU, not on {device!r}; leave --device out")


def load_exported(
    path: Path,
    *,
    task: str | None = None,
    domain: Domain | None = None,
    device: str = "auto",
    tile: int | None = None,
) -> Model:
    """The exported head in a file.

    Raises CheckpointError if it is damaged, or for another task or domain than named; RclError for a device that is not
    the CPU, and where a package is missing.
    """
    require_cpu(device)
    exported = read_exported(path)
    contract = exported.contract
    if task is not None and contract.task != task:
        raise CheckpointError(path, f"is a head for {contract.task}; choose one for {task}")
    if domain is not None and contract.domain is not domain:
        words = f"is made for {contract.domain.value} pictures, these are {domain.value}; choose another model"
        raise CheckpointError(path, words)
    engine = OnnxEngine(contract, path, _session(path, exported.data))
    keep_freed_memory()
    up = contract.facts.upsample(contract.domain)
    tiling = Tiling(contract.halo, contract.multiple, up)
    layers = Layers(contract.feature_channels, contract.multiple)
    size = tile or tile_size(layers, contract.facts, contract.domain, tiling.halo)
    workers = tiles_at_once(layers, contract.facts, contract.domain, size + 2 * tiling.halo, _cpus())
    ready = Ready(engine, tiling, size, workers)
    return Model(contract.facts, contract.domain, path, ready, contract.weights)


def _session(path: Path, data: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Each tile is the work of one thread, as with torch.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own kinds of errors have no common one
        raise CheckpointError(path, f"cannot be used by onnxruntime ({_first_line(error)})") from error
    return session


def _picture(planes: Float, domain: Domain) -> Float:
    """(C, h, w) → (1, H, W) mosaic, or the (3, H, W) that it is."""
    if not domain.is_raw:
        return planes
    height, width = (side * domain.pixels for side in planes.shape[1:])
    return unpack(planes, Placement(height, width, 0, 0, domain))[None]


def _packed(picture: Float, domain: Domain) -> Float:
    return pack(picture[0], canonical(domain))[0] if domain.is_raw else picture


@contextmanager
def _threads(count: int) -> Iterator[Executor]:
    pool = ThreadPoolExecutor(count, "tile")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _cpus() -> int:
    # As torch counts: those that this process may use, or fewer where OpenMP is told so.
    told = os.environ.get("OMP_NUM_THREADS", "")
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(able, int(told))) if told.isdecimal() else able


def _first_line(error: Exception) -> str:
    words = " ".join(str(error).split())
    return words if len(words) <= 160 else f"{words[:159]}…"
