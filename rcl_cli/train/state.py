"""A run's state on disk: parameters and optimiser together in one safetensors file, so that they cannot disagree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from rcl_cli.disk.write import write_bytes
from rcl_cli.errors import FileError
from rcl_cli.models.finite import ASTRAY, require_finite

_ABSENT = "is not there, so there is nothing to resume; start without --resume"
_DAMAGED = "is damaged or belongs to another network; start again in a new folder"


def save_state(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
    *,
    best: Mapping[str, Tensor] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write atomically, replacing `path`. `step`: optimiser steps done.

    `best`: other weights of the run; `notes`: plain values; `load_more` gives both. Raises CheckpointError for weights
    that are not finite, FileError where it cannot be written.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    tensors |= {f"best.{name}": value for name, value in (best or {}).items()}
    on_cpu = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    require_finite(path, on_cpu, ASTRAY)
    # One entry alone: safetensors writes them in any order, and equal runs are to be equal bytes.
    about = {"step": str(step)} if notes is None else {"notes": json.dumps({"step": step, **notes})}
    write_bytes(path, save(on_cpu, metadata=about), overwrite=True)


def saved_step(path: Path) -> int:
    """Steps done by the state at `path`. Raises FileError as `load_state` does."""
    try:
        with safe_open(path, "pt") as file:
            return _step(file.metadata())
    except FileNotFoundError as error:
        raise FileError(path, _ABSENT) from error
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(path, _DAMAGED) from error


def load_state(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Restore both and return the step. Raises FileError if the file is missing, damaged or of another network."""
    try:
        # The metadata and the tensors come from one opening: a run may be writing meanwhile.
        with safe_open(path, "pt") as file:
            step = _step(file.metadata())
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model.load_state_dict({k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")})
        current = optimizer.state_dict()
        optimizer.load_state_dict({**current, "state": _by_parameter(tensors)})
    except FileNotFoundError as error:
        raise FileError(path, _ABSENT) from error
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise FileError(path, _DAMAGED) from error
    return step


def load_more(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The `best` and the `notes` of a state. Raises FileError as `load_state` does."""
    try:
        with safe_open(path, "pt") as file:
            keys = list(file.keys())
            best = {key.removeprefix("best."): file.get_tensor(key) for key in keys if key.startswith("best.")}
            return best, dict(json.loads(file.metadata()["notes"]))
    except FileNotFoundError as error:
        raise FileError(path, _ABSENT) from error
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(path, _DAMAGED) from error


def _step(about: Mapping[str, str]) -> int:
    return int(about["step"] if "step" in about else json.loads(about["notes"])["step"])


def _by_parameter(tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("optimizer."):
            _, index, name = key.split(".", 2)
            state.setdefault(int(index), {})[name] = value
    return state
