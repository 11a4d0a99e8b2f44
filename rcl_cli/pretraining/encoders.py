"""Choosing g_e: `self`, `imagenet`, or a file; weights are never fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, FileError, RclError
from rcl_cli.models.checkpoint import load_tensors
from rcl_cli.models.header import read_header
from rcl_cli.nn.encoder import Encoder
from rcl_cli.nn.imagenet import imagenet_encoder
from rcl_cli.pretraining.self_encoder import load_self_encoder

RESNET50_FILES = ("resnet50-11ad3fa6.pth", "resnet50-0676ba61.pth")
"""torchvision's two sets of ImageNet weights; the eight digits begin the file's SHA-256."""


def load_encoder(choice: str, domain: Domain, layers: Sequence[int] | None = None) -> Encoder:
    """The encoder called "imagenet", or the one in the file `choice`. Raises RclError with advice where that fails."""
    path = find_imagenet_weights() if choice == "imagenet" else Path(choice)
    try:
        if path.suffix == ".pth":
            return imagenet_encoder(_verified_resnet50(path), domain, layers)
        if not path.is_file():
            raise FileError(path, "is no encoder; --encoder takes self, imagenet or a .safetensors file")
        if _is_own(path):
            return load_self_encoder(path, domain, layers)
        return imagenet_encoder(_foreign(path), domain, layers)
    except (ValueError, RuntimeError, IndexError) as error:
        raise FileError(path, str(error)) from error


def find_imagenet_weights() -> Path:
    """ResNet50's weights in torch's own cache of checkpoints. Raises RclError, saying where to put them, if absent."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    for name in RESNET50_FILES:
        if (folder / name).is_file():
            return folder / name
    raise RclError(
        f"no ImageNet weights here: put torchvision's {RESNET50_FILES[0]} into {folder}, name an encoder file"
        " with --encoder PATH, or use --encoder self, which needs none"
    )


def _verified_resnet50(path: Path) -> dict[str, Tensor]:
    if path.name not in RESNET50_FILES:
        raise FileError(path, "is not one of torchvision's ResNet50 files; convert it to safetensors")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(path.stem.rpartition("-")[2]):
        raise FileError(path, "is damaged (its checksum is not the one in its name); fetch it again")
    # torchvision publishes these weights in no other format; the checksum has just vouched for them.
    tensors: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return tensors


def _foreign(path: Path) -> dict[str, Tensor]:
    try:
        return load_tensors(path)
    except CheckpointError as error:
        raise FileError(path, f"cannot be read as safetensors ({error.reason}); use another --encoder") from error


def _is_own(path: Path) -> bool:
    try:
        return read_header(path).kind == "encoder"
    except CheckpointError:
        return False
