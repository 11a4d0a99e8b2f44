"""Where tensors live and how precisely: CUDA, Apple's MPS or the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rcl_cli.errors import RclError

DEVICES = ("auto", "cuda", "mps", "cpu")


def choose_device(name: str = "auto") -> torch.device:
    """The device called `name` ("auto", "cuda", "cuda:1", "mps", "cpu"); auto takes CUDA, else MPS, else the CPU.

    Raises RclError where this machine has no such device.
    """
    if name == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if _available(kind)))
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise RclError(f"there is no device called {name!r}; use one of {', '.join(DEVICES)}") from error
    if not _available(device.type) or (device.index or 0) >= _count(device.type):
        raise RclError(f"this machine has no device {name!r}; use --device auto or --device cpu")
    return device


@contextmanager
def autocast(device: torch.device) -> Iterator[None]:
    """Mixed precision where it is safe without loss scaling: bfloat16 on CUDA cards that have it; else float32."""
    mixed = device.type == "cuda" and torch.cuda.is_bf16_supported()
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=mixed):
        yield


def step_generator(seed: int, step: int) -> torch.Generator:
    """The CPU generator of one training step. Each step has its own, so that a resumed run draws the same numbers."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**63)


def _available(kind: str) -> bool:
    match kind:
        case "cuda":
            return torch.cuda.is_available()
        case "mps":
            return torch.backends.mps.is_available()
    return kind == "cpu"


def _count(kind: str) -> int:
    return torch.cuda.device_count() if kind == "cuda" else 1
