"""The contract every network must keep, and what this one is about."""

from __future__ import annotations

import pytest
import torch
from rcl_network_edsr import EDSR

from rcl_cli.domain import Domain
from rcl_cli.measure.receptive import network_radius
from rcl_cli.testing import check_network


@pytest.mark.parametrize("options", [{}, {"width": 4, "blocks": 0}])
def test_keeps_the_contract_of_a_network(options: dict[str, int]) -> None:
    check_network(EDSR, options)


def test_each_block_looks_two_elements_further() -> None:
    made = EDSR(Domain.BAYER, {"width": 4, "blocks": 3})
    assert network_radius(made.features, 4, made.multiple) == made.radius() == 7


def test_the_noise_level_changes_nothing_before_training() -> None:
    made, x = EDSR(Domain.RGB), torch.rand(1, 3, 8, 8)
    assert torch.equal(made(x), made(x, torch.rand_like(x)))
