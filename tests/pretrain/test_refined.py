from __future__ import annotations

import torch

from rcl_cli.nn.backbone import Backbone
from rcl_cli.nn.unet import UNetConfig
from rcl_pretexts.refined import RefinedTargets

Y = torch.linspace(0, 1, 3 * 16 * 16).reshape(1, 3, 16, 16)


def network() -> Backbone:
    torch.manual_seed(0)
    return Backbone(UNetConfig(3, width=4, depth=1))


def step(model: Backbone) -> None:
    """As an optimiser would."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)


def test_targets_are_the_picture_then_what_the_network_was_by_then_makes_of_it() -> None:
    model = network()
    targets = RefinedTargets(model, 2)
    for _ in range(2):
        assert not targets.refined
        assert torch.equal(targets(Y), Y)
    # Nothing has moved, so the running mean is the network as it was.
    expected = model(Y).detach()
    step(model)
    assert targets.refined
    # bfloat16, where the processor has it, is right to 1 in 256 of the small residual.
    torch.testing.assert_close(targets(Y), expected, atol=1e-2 * float((expected - Y).abs().max()), rtol=0)


def test_copy_is_the_running_mean_of_the_network_and_gets_no_gradient() -> None:
    model = network()
    targets = RefinedTargets(model, 10)
    before = model.last.bias.detach().clone()
    step(model)
    targets(Y)
    # momentum · old + (1 − momentum) · new
    torch.testing.assert_close(targets.network.last.bias, before + 0.005 * 0.01, atol=1e-8, rtol=1e-4)
    assert not any(parameter.requires_grad for parameter in targets.parameters())
    assert set(targets.state_dict()) == {"calls", *(f"network.{name}" for name in model.state_dict())}


def test_without_a_first_round_targets_stay_the_picture() -> None:
    targets = RefinedTargets(network(), None)
    assert all(torch.equal(targets(Y), Y) for _ in range(3))
    assert not targets.refined
