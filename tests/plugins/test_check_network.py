"""`check_network` accepts ours and says what is wrong with others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.measure.receptive import network_radius
from rcl_cli.network import Network, get_network
from rcl_cli.plugins.entries import NETWORKS, entries
from rcl_cli.plugins.options import option
from rcl_cli.testing import check_network


class Plain(Network):
    """One convolution on picture and noise level."""

    name = "plain"
    domains = frozenset({Domain.BAYER})

    @dataclass(frozen=True)
    class Options:
        reach: int = option(2, "Radius.", least=0)

    def __init__(self, domain: Domain, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(domain, options)
        reach = self.options.reach
        self.layer = nn.Conv2d(2 * domain.channels, 4, 2 * reach + 1, padding=reach)

    @property
    def feature_channels(self) -> int:
        return 4

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        told = torch.zeros_like(x) if sigma is None else sigma
        y: Tensor = self.layer(torch.cat([x, told], 1))
        return y


class Near(Plain):
    def radius(self) -> int:
        return 1


class Global(Plain):
    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return super().features(x, sigma) - x.mean((2, 3), keepdim=True)


class Wide(Plain):
    @property
    def feature_channels(self) -> int:
        return 5


class Blind(Plain):
    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return super().features(torch.zeros_like(x), sigma)


class Strided(Plain):
    """Halves and doubles: what it depends on differs with the phase."""

    multiple = 2

    def features(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        y = super().features(x, sigma)
        return y[..., ::2, ::2].repeat_interleave(2, -1).repeat_interleave(2, -2)


@pytest.mark.parametrize("name", [entry.name for entry in entries(NETWORKS)])
def test_our_networks_keep_the_contract(name: str) -> None:
    check_network(get_network(name))


def test_a_third_partys_network_keeps_it() -> None:
    check_network(Plain)
    check_network(Plain, {"reach": 0})
    check_network(Strided)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Near, "looks further than `radius` says"),
        (Global, "looks at the whole picture"),
        (Wide, "must be"),
        (Blind, "ignore the picture"),
        (nn.Module, "no Network class"),
    ],
)
def test_what_is_wrong_is_said(network: type[Network], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_network(network)


@pytest.mark.parametrize("reach", [0, 1, 5])
def test_the_measured_radius_is_that_of_the_convolution(reach: int) -> None:
    assert Plain(Domain.BAYER, {"reach": reach}).radius() == reach


def test_the_measured_radius_covers_every_phase_of_a_grid() -> None:
    # The element at an odd place takes its value from the even one before it, whose window begins reach before that.
    assert Strided(Domain.BAYER, {"reach": 3}).radius() == 4


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_measured_radius_of_a_u_net_is_near_its_closed_form(depth: int) -> None:
    made = get_network("unet")(Domain.BAYER, {"width": 4, "depth": depth})
    measured = network_radius(made.features, 4, made.multiple)
    assert made.radius() - made.multiple < measured <= made.radius() + made.multiple - 1


def test_wrong_options_are_named() -> None:
    for options, message in (
        ({"reach": -1}, "reach of the network plain must be at least 0, not -1"),
        ({"reach": "far"}, "must be a whole number, not far"),
        ({"reach": 1.5}, "must be a whole number, not 1.5"),
        ({"size": 1}, "the network plain has no option size; it has reach"),
    ):
        with pytest.raises(RclError, match=message):
            Plain(Domain.BAYER, options)
