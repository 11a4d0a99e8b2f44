"""Modules to and from model files: which network a header names, and tensors that must fit it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from torch import nn

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, PluginError, RclError
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


def make_network(path: Path, header: Header) -> Network:
    """The untrained network that the header of the file `path` describes.

    Raises CheckpointError where this version cannot build it, PluginError where its plugin is missing.
    """
    try:
        return get_network(header.network)(header.domain, header.architecture)
    except PluginError:
        raise
    except (RclError, TypeError, ValueError) as error:
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
