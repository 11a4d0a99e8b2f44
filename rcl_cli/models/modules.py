"""Modules to and from model files: which network a header names, and tensors that must fit it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from torch import nn

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, PluginError, RclError
from rcl_cli.models.allowance import TooLarge, allowance
from rcl_cli.models.checkpoint import Checkpoint, save_checkpoint
from rcl_cli.models.header import Header
from rcl_cli.network import Network, get_network
from rcl_cli.plugins.options import plain_options


def save_module(
    path: Path, module: nn.Module, network: Network, header: Header, *, skip: bool = True, half: bool = False
) -> None:
    """Write the module's tensors, and `header` with what there is to say of its network."""
    full = replace(header, network=network.name, architecture=plain_options(network.options), skip=skip)
    save_checkpoint(path, Checkpoint(dict(module.state_dict()), full), half=half)


T = TypeVar("T")


def built(path: Path, checkpoint: Checkpoint, make: Callable[[Network], T]) -> T:
    """What `make` makes of the untrained network that the file `path` describes; no larger than what is in the file.

    Raises CheckpointError where this version cannot build it, PluginError where its plugin is missing or broken.
    """
    header = checkpoint.header
    network = get_network(header.network)
    try:
        with allowance(sum(tensor.numel() for tensor in checkpoint.tensors.values())):
            return make(network(header.domain, header.architecture))
    except PluginError:
        raise
    except TooLarge as error:
        words = "describes a network that is larger than what it holds; copy or train it again"
        raise CheckpointError(path, words) from error
    except (RclError, TypeError, ValueError, OverflowError, RuntimeError, MemoryError) as error:
        raise CheckpointError(path, "describes a network that this version of rcl cannot build") from error


def expect(path: Path, header: Header, kind: str, domain: Domain) -> None:
    """Raise CheckpointError unless the file is of this kind and domain."""
    if header.kind != kind:
        raise CheckpointError(path, f"holds a {header.kind}, not a {kind}; choose another model (rcl models)")
    if header.domain is not domain:
        advice = "choose another model (rcl models)"
        raise CheckpointError(path, f"is made for {header.domain.value} pictures, these are {domain.value}; {advice}")


def fill(path: Path, module: nn.Module, checkpoint: Checkpoint) -> None:
    """Load the tensors into the module. Raises CheckpointError where they do not fit."""
    try:
        module.load_state_dict(checkpoint.tensors)
    except RuntimeError as error:
        raise CheckpointError(path, "does not fit the network that it describes; train it again") from error
