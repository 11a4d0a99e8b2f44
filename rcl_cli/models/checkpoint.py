"""Model files on disk: safetensors with one JSON header. No pickle is ever loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from rcl_cli.errors import CheckpointError
from rcl_cli.files import write_bytes
from rcl_cli.models.finite import ASTRAY, require_finite
from rcl_cli.models.header import Header, read_header


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name (`network.…`, `head.…`, `last.…` or an encoder's own names) and what they are."""

    tensors: dict[str, Tensor]
    header: Header


def save_checkpoint(path: Path, checkpoint: Checkpoint, *, half: bool = False) -> None:
    """Write atomically, replacing `path`; `half` stores floating tensors as float16.

    Raises CheckpointError for weights that are not finite, FileError where it cannot be written.
    """
    tensors = {
        k: (v.half() if half and v.is_floating_point() else v).detach().cpu().contiguous()
        for k, v in checkpoint.tensors.items()
    }
    advice = "float16 cannot hold them" if half else ASTRAY
    require_finite(path, tensors, advice)
    write_bytes(path, save(tensors, metadata={"rcl": checkpoint.header.to_json()}), overwrite=True)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a model file, floating tensors as float32.

    Raises CheckpointError where it is damaged or not ours, or its weights are not finite.
    """
    header = read_header(path)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(path, f"is damaged ({error}); copy or train it again") from error
    tensors = {_renamed(k): v.to(torch.float32) if v.is_floating_point() else v for k, v in tensors.items()}
    require_finite(path, tensors, "the file is damaged or its training went astray; use another model")
    return Checkpoint(tensors, header)


def _renamed(name: str) -> str:
    # Files of format 1 say "unet." of what may be any network since.
    return f"network.{name.removeprefix('unet.')}" if name.startswith("unet.") else name
