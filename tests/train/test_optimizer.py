"""Steps of Adam against its formula, and losses that are no numbers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from rcl_cli.errors import RclError
from rcl_cli.train.optimizer import adam, descend, make_optimizer, require_number, share_of_rate
from rcl_cli.train.state import load_state, save_state


def test_steps_follow_the_formula_at_the_rates_given() -> None:
    x = torch.nn.Parameter(torch.tensor([0.3, -2.0], dtype=torch.float64))
    optimizer = adam([x], lr=123.0)
    expected, mean, square = x.detach().clone(), torch.zeros(2), torch.zeros(2)
    for step, rate in enumerate((0.1, 0.02, 0.005), start=1):
        loss = (x**2).sum()
        gradient = 2 * expected
        assert descend(optimizer, loss, rate) == pytest.approx(float((expected**2).sum()))
        # Kingma & Ba 2015, algorithm 1.
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        unbiased = (square / (1 - 0.999**step)).sqrt()
        expected = expected - rate * (mean / (1 - 0.9**step)) / (unbiased + 1e-7)
    torch.testing.assert_close(x.detach(), expected)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_changes_nothing(value: float, fused: bool) -> None:
    x = torch.nn.Parameter(torch.ones(3))
    # As on a CUDA device, which steps by itself.
    optimizer = torch.optim.Adam([x], fused=True) if fused else adam([x], 0.1)
    assert descend(optimizer, x.sum(), 0.1) == 3
    weights, state = x.detach().clone(), {name: kept.clone() for name, kept in optimizer.state[x].items()}
    assert not descend(optimizer, (x * value).sum(), 0.1).isfinite()
    assert torch.equal(x.detach(), weights)
    assert all(torch.equal(kept, state[name]) for name, kept in optimizer.state[x].items())
    descend(optimizer, x.sum(), 0.1)
    assert optimizer.state[x]["step"] == 2
    assert (x < weights).all()
    with pytest.raises(RclError, match="no longer a number at step 7; rest"):
        require_number(value, 7, "rest")
    assert require_number(2.5, 7) == 2.5


def test_a_fused_optimiser_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    def stepped(model: torch.nn.Linear, optimizer: torch.optim.Adam, steps: int) -> None:
        for _ in range(steps):
            descend(optimizer, model(torch.tensor([[1.0, -2.0]])).square().sum(), 0.1)

    torch.manual_seed(0)
    whole, kept = torch.nn.Linear(2, 2), tmp_path / "state.safetensors"
    optimizer = torch.optim.Adam(whole.parameters(), fused=True)
    stepped(whole, optimizer, 3)
    save_state(kept, whole, optimizer, 3)
    stepped(whole, optimizer, 3)
    again = torch.nn.Linear(2, 2)
    optimizer = torch.optim.Adam(again.parameters(), fused=True)
    assert load_state(kept, again, optimizer) == 3
    stepped(again, optimizer, 3)
    assert torch.equal(again.weight, whole.weight)


def test_gradients_may_be_limited_before_the_step() -> None:
    x = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = adam([x], 0.1)

    def none() -> None:
        assert x.grad is not None
        x.grad.zero_()

    descend(optimizer, x.sum(), 0.1, none)
    assert x.item() == 1.0


def test_frozen_parameters_are_left_out() -> None:
    model = torch.nn.Linear(2, 2)
    model.bias.requires_grad_(False)
    assert make_optimizer(model, 0.1).param_groups[0]["params"] == [model.weight]


def test_the_schedule_is_a_trapezium() -> None:
    shares = [share_of_rate(step, 40, rise=0.25, fall=0.5) for step in range(1, 41)]
    assert shares[:10] == pytest.approx([step / 10 for step in range(1, 11)])
    assert set(shares[9:21]) == {1.0}
    assert shares[20:] == pytest.approx([left / 20 for left in range(20, 0, -1)])
