from __future__ import annotations

import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.models.backbone import Backbone
from rcl_pretexts.refined import RefinedTargets
from rcl_tasks.unet import UNet

Y = torch.linspace(0, 1, 3 * 16 * 16).reshape(1, 3, 16, 16)


def network() -> Backbone:
    torch.manual_seed(0)
    return Backbone(UNet(Domain.RGB, {"width": 4, "depth": 1}))


def step(model: Backbone) -> None:
    """As an optimiser would."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)


def test_targets_are_the_picture_in_the_first_half_and_then_what_the_network_makes_of_it() -> None:
    model = network()
    targets = RefinedTargets(model, 5)
    for _ in range(2):
        assert not targets.refined
        assert torch.equal(targets(Y), Y)
    assert targets.refined
    expected = model(Y).detach()
    # bfloat16, where the processor has it, is right to 1 in 256 of the small residual.
    torch.testing.assert_close(targets(Y), expected, atol=1e-2 * float((expected - Y).abs().max()), rtol=0)


@pytest.mark.parametrize("steps", [16, 800])
def test_copy_follows_over_an_eighth_of_the_steps_without_gradients(steps: int) -> None:
    model = network()
    targets = RefinedTargets(model, steps)
    assert model.last.bias is not None
    before = model.last.bias.detach().clone()
    step(model)
    targets(Y)
    # momentum · old + (1 − momentum) · new
    assert isinstance(targets.network, Backbone)
    torch.testing.assert_close(targets.network.last.bias, before + 0.01 * 8 / steps, atol=1e-8, rtol=1e-4)
    assert not any(parameter.requires_grad for parameter in targets.parameters())


def test_what_is_remembered_is_saved() -> None:
    model = network()
    assert set(RefinedTargets(model, 2).state_dict()) == {"calls", *(f"network.{name}" for name in model.state_dict())}


def test_in_a_run_of_unknown_length_targets_stay_the_picture() -> None:
    targets = RefinedTargets(network(), None)
    assert all(torch.equal(targets(Y), Y) for _ in range(3))
    assert not targets.refined
