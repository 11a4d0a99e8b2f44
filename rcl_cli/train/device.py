"""Where tensors live and how precisely: CUDA, Apple's MPS or the CPU."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from rcl_cli.errors import RclError
from rcl_cli.nn.fused import convolves_bfloat16

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
    """Mixed precision for training, where it is fast and safe without loss scaling: bfloat16; elsewhere float32."""
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=has_bfloat16(device)):
        yield


@dataclass
class _FullFloat32:
    """torch has one setting for all threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    blocks: int = 0
    before: bool = True


_full = _FullFloat32()


@contextmanager
def full_float32() -> Iterator[None]:
    """Convolutions in float32 as it is. By themselves those of CUDA round to the ten bits of TF32, and tiles show.

    Several threads may be in such blocks: the setting is as before when the last one is left.
    """
    with _full.lock:
        if not _full.blocks:
            _full.before = torch.backends.cudnn.allow_tf32
            torch.backends.cudnn.allow_tf32 = False
        _full.blocks += 1
    try:
        yield
    finally:
        with _full.lock:
            _full.blocks -= 1
            if not _full.blocks:
                torch.backends.cudnn.allow_tf32 = _full.before


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16: CUDA cards and x86 processors may."""
    match device.type:
        case "cuda":
            return bool(torch.cuda.is_bf16_supported())
        case "cpu":
            # Older versions of torch cannot tell.
            found: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
            return bool(found.get("avx512_bf16") or found.get("amx_bf16")) and convolves_bfloat16()
    return False


def half_precision(device: torch.device) -> torch.dtype | None:
    """In which the device applies networks faster than in float32, and about as well; None: there is none.

    CUDA's float16 has three bits more than bfloat16, for as many bytes. What is too large for it is not finite.
    """
    if device.type == "cuda":
        return torch.float16
    return torch.bfloat16 if has_bfloat16(device) else None


def placed(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on the device; (N, C, h, w) with channels last in memory, by which convolutions are faster.

    One that is `pinned` gets to a CUDA device without being waited for.
    """
    layout = torch.channels_last if tensor.ndim == 4 else torch.preserve_format
    return tensor.to(device, memory_format=layout, non_blocking=device.type == "cuda")


def pinned(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor, on its way to a CUDA device in memory that the device itself can read."""
    return tensor.pin_memory() if device.type == "cuda" else tensor


def place_module(module: nn.Module, device: torch.device) -> None:
    """Moves the module to the device, its weights laid out for what `placed` returns."""
    module.to(device)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _available(kind: str) -> bool:
    match kind:
        case "cuda":
            return torch.cuda.is_available()
        case "mps":
            return torch.backends.mps.is_available()
    return kind == "cpu"


def _count(kind: str) -> int:
    return torch.cuda.device_count() if kind == "cuda" else 1
