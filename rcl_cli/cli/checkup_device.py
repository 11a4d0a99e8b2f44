"""What `rcl doctor` says of the device. torch is imported only where it may have another than the CPU."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib import metadata

from rcl_cli.cli.checkup import OK, PROBLEM, Check


def device() -> Iterator[Check]:
    """What `--device auto` takes, why, and the cores that the CPU lends."""
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        yield Check("Device", "auto", PROBLEM, "none", "torch is not installed")
        return
    # Wheels say what they are built for. Only one that has nothing but the CPU can be told without importing it.
    if version.endswith("+cpu"):
        yield Check("Device", "auto", OK, "cpu", f"torch {version} is built for the CPU alone{_unused_card()}")
    else:
        yield _asked(version)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = os.environ.get("OMP_NUM_THREADS")
    yield Check("Device", "cores", OK, str(cores), f"OMP_NUM_THREADS limits them to {threads}" if threads else "")


def _asked(version: str) -> Check:
    try:
        import torch

        from rcl_cli.train.device import choose_device

        chosen = choose_device().type
    except Exception as error:  # whatever is wrong with it
        words = " ".join(f"{type(error).__name__}: {error}".split())
        return Check("Device", "auto", PROBLEM, "none", f"torch {version} cannot be loaded ({words}); install it again")
    if chosen == "cuda":
        card = torch.cuda.get_device_properties(0)
        return Check("Device", "auto", OK, "cuda", f"{card.name}, {card.total_memory / 1e9:.0f} GB")
    if chosen == "mps":
        return Check("Device", "auto", OK, "mps", "the graphics processor of this Mac")
    if torch.version.cuda is None:
        return Check("Device", "auto", OK, "cpu", f"torch {version} has no CUDA, and there is no MPS{_unused_card()}")
    why = f"torch {version} finds no card for CUDA {torch.version.cuda}"
    if (hidden := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        why += f"; CUDA_VISIBLE_DEVICES is {hidden!r}"
    elif _has_card():
        why += "; there is an NVIDIA card, so its driver is probably too old for this torch"
    return Check("Device", "auto", OK, "cpu", why)


def _unused_card() -> str:
    return "; there is an NVIDIA card, so install a torch with CUDA: pytorch.org" if _has_card() else ""


def _has_card() -> bool:
    return os.path.isdir("/proc/driver/nvidia/gpus") or shutil.which("nvidia-smi") is not None  # noqa: PTH112
