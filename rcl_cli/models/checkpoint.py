"""Model files on disk: safetensors with one JSON header. No pickle is ever loaded."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from rcl_cli.disk.write import write_bytes
from rcl_cli.errors import CheckpointError
from rcl_cli.models.contract import about, tensor_words
from rcl_cli.models.finite import ASTRAY, require_finite
from rcl_cli.models.header import Header, read_header
from rcl_cli.models.tensor_index import checked_metadata, with_metadata
from rcl_cli.plugins.entries import OWN


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
    write_bytes(path, with_metadata(save(tensors), file_metadata(checkpoint.header)), overwrite=True)


def file_metadata(header: Header) -> dict[str, str]:
    """What a model file says: `rcl`, the header; "pt", by which other loaders know that torch wrote it; and words."""
    told = {"format": "pt", "rcl": header.to_json(), "input": tensor_words(header.domain)}
    return {**told, **about(header, version(OWN))}


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a model file, floating tensors as float32.

    Raises CheckpointError where it is damaged or not ours, or its weights are not finite.
    """
    header = read_header(path)
    return Checkpoint({_renamed(name): tensor for name, tensor in load_tensors(path).items()}, header)


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file of any program, floating ones as float32.

    Raises CheckpointError where it is damaged, or has weights that are not finite.
    """
    checked_metadata(path)
    try:
        stored = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(path, f"is damaged ({error}); copy or train it again") from error
    tensors = {name: value.to(torch.float32) if value.is_floating_point() else value for name, value in stored.items()}
    require_finite(path, tensors, "the file is damaged or its training went astray; use another model")
    return tensors


def _renamed(name: str) -> str:
    # Files of format 1 say "unet." of what may be any network since.
    return f"network.{name.removeprefix('unet.')}" if name.startswith("unet.") else name
