"""Weights that are no numbers: a training that went astray, or a damaged file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from rcl_cli.errors import CheckpointError

ASTRAY = "the training went astray: start again with a smaller --lr"


def require_finite(path: Path, tensors: Mapping[str, Tensor], advice: str) -> None:
    """Raises CheckpointError of `path`, with the name of a tensor and `advice`, where one holds NaN or infinity."""
    for name, tensor in tensors.items():
        if (tensor.is_floating_point() or tensor.is_complex()) and not bool(tensor.isfinite().all()):
            bad = int((~tensor.isfinite()).sum())
            what = f"{bad} of {tensor.numel()} weights of {name} are infinite or no numbers"
            raise CheckpointError(path, f"{what}; {advice}")
