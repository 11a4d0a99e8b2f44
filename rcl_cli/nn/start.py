"""The classical result that heads of coded networks correct: a demosaiced mosaic, or the picture itself."""

from __future__ import annotations

from torch import Tensor

from rcl_cli.domain import Domain
from rcl_cli.nn.directed import directed
from rcl_cli.nn.directed_xtrans import directed_xtrans

START_RADIUS = {Domain.BAYER: 3, Domain.XTRANS: 3, Domain.RGB: 0}
"""Elements that a pixel of it depends on, around its own, at most."""


def start(z: Tensor, domain: Domain) -> Tensor:
    """(N, C, h, w) → RGB (N, 3, h·p, w·p), p = `domain.pixels`; samples are kept."""
    if domain is Domain.BAYER:
        return directed(z)
    return directed_xtrans(z) if domain is Domain.XTRANS else z
