"""`Task`: a head on a network, how to train it and how to judge it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import PluginError
from rcl_cli.measure.metrics import psnr_db, ssim
from rcl_cli.network import Network
from rcl_cli.plugins.entries import TASKS, Entry, entries
from rcl_cli.plugins.faults import in_words
from rcl_cli.plugins.load import BrokenPlugin, find, load_part
from rcl_cli.plugins.options import read_options
from rcl_cli.task_results import RESULTS


class Task(ABC):
    """A head on a network, and how to train and judge it.

    h × w: input size in tensor elements. U: `upsample(domain)`. Tensors are linear float32, 0.0 = black level,
    1.0 = white level; noise takes values below 0.0. A working plugin:

        class Denoise(Task):
            name = "denoise"
            domains = frozenset(Domain)
            noise_aware = True

            def build_head(self, domain, feature_channels):
                return ResidualHead(feature_channels, domain.channels)      # head(features, x, sigma)

            def degrade(self, clean, domain, noise, rng):
                target = from_rgb(clean, domain)
                return add_noise(target, noise, domain, rng), target

        @hookimpl
        def rcl_task():
            return Denoise
    """

    name: ClassVar[str]
    """For `--task NAME`; also the entry point's name."""
    domains: ClassVar[frozenset[Domain]]
    """The layouts that it takes."""
    scale: ClassVar[int] = 1
    """Output sensor pixels per input sensor pixel, along each axis."""
    noise_aware: ClassVar[bool] = False
    """The host passes σ(x), the calibrated noise level of each element, to network and head."""

    @dataclass(frozen=True)
    class Options:
        """What it can be set to; see `rcl_cli.plugins.options`. Default: nothing."""

    options: Any
    """The `Options` in force. A head's file keeps them."""

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """Raises RclError for options that there are not, or values that cannot work."""
        self.options = read_options(type(self), options or {})

    def network(self, domain: Domain) -> str:
        """Name of the network that a fresh head sits on, unless the user says otherwise. Default: "unet"."""
        return "unet"

    def output(self, domain: Domain) -> Domain:
        """The domain of the prediction; RGB where a mosaic is turned into a picture. Default: that of the input."""
        return domain

    def upsample(self, domain: Domain) -> int:
        """U, output elements per input element along each axis; follows from `output` and `scale`."""
        return self.scale * domain.pixels // self.output(domain).pixels

    @abstractmethod
    def build_head(self, domain: Domain, feature_channels: int) -> nn.Module:
        """The new last layers: `head(features, x, sigma)`: (N, F, h, w), (N, C, h, w) twice → (N, C_out, h·U, w·U).

        `sigma` is σ(x), or None where the task is not noise-aware.
        """

    def head_on(self, network: Network) -> nn.Module:
        """The head for a network. Default: that of its domain and channels."""
        return self.build_head(network.domain, network.feature_channels)

    @abstractmethod
    def degrade(
        self, clean: Tensor, domain: Domain, noise: NoiseProfile, rng: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """One training pair (x, target) from one clean crop of linear RGB, (3, H, W), H and W multiples of 12·scale.

        x: (C, h, w) in `domain`; target: (C_out, h·U, w·U) in `output(domain)`. All randomness comes from `rng`.
        """

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Training loss, a scalar. Default: mean absolute error (the paper's L1, section 4)."""
        return (prediction - target).abs().mean()

    def metrics(self, prediction: Tensor, target: Tensor) -> dict[str, float]:
        """Figures of merit of (C_out, H, W) tensors by name. Default: `psnr_db` and `ssim` at a peak of 1."""
        return {"psnr_db": psnr_db(prediction, target), "ssim": ssim(prediction, target)}

    def finish(self, prediction: Tensor, x: Tensor) -> Tensor:
        """A last touch on the whole (C_out, H, W) prediction, just before it is written. Default: none."""
        return prediction

    def default_head(self, domain: Domain) -> Path | None:
        """The head this plugin ships for `domain`, used until the user has one of their own. Default: none."""
        return None


def get_task(name: str, options: Mapping[str, Any] | None = None) -> Task:
    """The task of this name with these options; loads only its own plugin.

    Raises PluginError where it is missing or broken, RclError for options that it has not.
    """
    found = load_task(find(TASKS, name))
    return found if options is None else type(found)(options)


def load_tasks() -> dict[str, Task]:
    """Every task that loads, by name. Those that do not are left out: `rcl plugins` tells why."""
    tasks: dict[str, Task] = {}
    for entry in entries(TASKS):
        try:
            tasks[entry.name] = load_task(entry)
        except PluginError:
            continue
    return tasks


def load_task(entry: Entry) -> Task:
    """The task that a plugin registers, with its default options. Raises BrokenPlugin."""
    found = load_part(entry, Task, RESULTS)  # type: ignore[type-abstract]
    if isinstance(found.scale, bool) or not isinstance(found.scale, int) or found.scale < 1:
        raise BrokenPlugin(entry, f"its scale is {found.scale!r}; it must be a whole number from 1 on")
    try:
        return found()
    except Exception as error:
        raise BrokenPlugin(entry, f"cannot be made ({in_words(error.__cause__ or error)})") from error
