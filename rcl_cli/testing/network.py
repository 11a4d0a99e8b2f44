"""The contract of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from rcl_cli.errors import RclError
from rcl_cli.network import Network
from rcl_cli.testing.contract import check_domains, require, rng_of, same_shape


def check_network(network: type[Network], options: Mapping[str, Any] | None = None) -> None:
    """Raise AssertionError, saying what is wrong, unless `network` keeps its contract in each of its domains.

    Checked: that it can be made with `options`; shapes and dtypes of its features, with the noise level and without;
    that it takes every size that is a multiple of `multiple`; that its gradients reach parameters and input; that a
    picture in tiles gives the features of the whole, with tiles that overlap by `radius`.
    """
    require(
        isinstance(network, type) and issubclass(network, Network),
        f"{network!r} is no Network class; derive it from rcl_cli.network.Network",
    )
    for domain in check_domains(network.domains, network.name):
        where = f"{network.name} on {domain.name}"
        torch.manual_seed(5)
        made = network(domain, options)
        _check_features(made, where)
        _check_tiles(made, where)


def _check_features(network: Network, where: str) -> None:
    multiple, channels, features = network.multiple, network.domain.channels, network.feature_channels
    for value, name in ((multiple, "multiple"), (features, "feature_channels")):
        require(isinstance(value, int) and value >= 1, f"{where}: `{name}` must be 1, 2, …, not {value!r}")
    for height, width in ((multiple, 3 * multiple), (16 * multiple, 8 * multiple)):
        x = torch.randn(2, channels, height, width, generator=rng_of(1), requires_grad=True)
        for sigma in (None, 0.01 + x.detach().abs()):
            found = network(x, sigma)
            same_shape(found, (2, features, height, width), f"{where}: `features`")
            require(found.dtype == torch.float32 and bool(found.isfinite().all()), f"{where}: features must be finite")
    found.square().sum().backward()
    require(x.grad is not None and bool((x.grad != 0).any()), f"{where}: the features ignore the picture")
    trained = [p.grad for p in network.parameters() if p.requires_grad]
    require(len(trained) > 0, f"{where}: it has no parameters to train")
    require(all(g is not None for g in trained), f"{where}: some of its parameters get no gradient")


@torch.no_grad()
def _check_tiles(network: Network, where: str) -> None:
    try:
        radius = network.radius()
    except RclError as error:
        raise AssertionError(f"{where}: {error}") from error
    multiple = network.multiple
    halo = -(-radius // multiple) * multiple
    # A picture in which a tile of one cell has its whole halo on every side.
    side, core = 2 * halo + 3 * multiple, slice(halo, halo + multiple)
    x = torch.randn(1, network.domain.channels, side, side, generator=rng_of(2))
    sigma = 0.01 + x.abs()
    tile = (..., slice(0, 2 * halo + multiple), slice(0, 2 * halo + multiple))
    whole, part = network(x, sigma)[..., core, core], network(x[tile], sigma[tile])[..., core, core]
    close = torch.allclose(whole, part, rtol=1e-3, atol=1e-4 * float(whole.abs().max().clamp_min(1.0)))
    require(close, f"{where}: a tile gives other features than the whole picture; it looks further than `radius` says")
