"""`Network`: what turns a picture into the features that heads sit on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.measure.receptive import network_radius
from rcl_cli.plugins.entries import NETWORKS, Entry
from rcl_cli.plugins.load import find, load_part
from rcl_cli.plugins.options import read_options


class Network(nn.Module, ABC):
    """Features of a picture, and of its noise level where that is told. A working plugin:

        class Plain(Network):
            name = "plain"

            @dataclass(frozen=True)
            class Options:
                width: int = option(32, "Feature channels.", least=1)

            def __init__(self, domain, options=None):
                super().__init__(domain, options)
                self.layers = nn.Conv2d(2 * domain.channels, self.options.width, 3, padding=1)

            @property
            def feature_channels(self):
                return self.options.width

            def features(self, x, sigma=None):
                told = torch.zeros_like(x) if sigma is None else sigma
                return self.layers(torch.cat([x, told], 1))

        @hookimpl
        def rcl_network():
            return Plain

    A picture in tiles must give what the whole gives: no batch or instance normalisation, no global pooling. Tiles are
    worked on by several threads at a time, so `features` keeps nothing in the network itself. What `rcl_cli.part` says
    that nobody asks for, it may leave out.
    """

    name: ClassVar[str]
    """For `--network NAME`; also the entry point's name."""
    domains: ClassVar[frozenset[Domain]] = frozenset(Domain)
    """The layouts that it takes."""
    coded: ClassVar[bool] = False
    """It and the head on it see white-balanced values on the curve of `rcl_cli.nn.curve`, and σ there, instead of
    linear ones. The host takes values there and back."""

    @dataclass(frozen=True)
    class Options:
        """What it can be set to; see `rcl_cli.plugins.options`. Default: nothing."""

    options: Any
    """The `Options` in force."""

    def __init__(self, domain: Domain, options: Mapping[str, Any] | None = None) -> None:
        """Raises RclError for options that there are not, or values that cannot work."""
        super().__init__()
        self.domain = domain
        self.options = read_options(type(self), options or {})

    @property
    @abstractmethod
    def feature_channels(self) -> int:
        """F of the features."""

    @property
    def multiple(self) -> int:
        """Height and width of the input must be multiples of this. Default: 1."""
        return 1

    def radius(self) -> int:
        """Elements around its place that a feature depends on, at most. Default: measured by gradients.

        Raises RclError where it depends on the whole picture.
        """
        return network_radius(self.features, self.domain.channels, self.multiple)

    @abstractmethod
    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """(N, C, h, w) linear, and σ(x) of that shape where the noise level is told → (N, F, h, w).

        Where the class is `coded`, both are on the curve. Where a part is `wanted` (`rcl_cli.part`), that of it is
        enough.
        """

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """As `features`."""
        return self.features(x, sigma)


def get_network(name: str) -> type[Network]:
    """The network class of this name; loads only its own plugin. Raises PluginError where it is missing or broken."""
    return load_network(find(NETWORKS, name))


def load_network(entry: Entry) -> type[Network]:
    """The network class that a plugin registers. Raises BrokenPlugin."""
    return load_part(entry, Network, {"features": _wrong_features})  # type: ignore[type-abstract]


def _wrong_features(found: object, *rest: Any, **named: Any) -> str:
    good = isinstance(found, Tensor) and found.ndim == 4
    return "" if good else f"returns a {type(found).__name__}; it must be a tensor, (N, F, h, w)"
