"""The schedule, the limit on gradients and the way back."""

from __future__ import annotations

import pytest
import torch

from rcl_cli.train.descent import Descent


@pytest.fixture
def parameter() -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.zeros(2))


def test_the_learning_rate_rises_holds_and_falls(parameter: torch.nn.Parameter) -> None:
    descent = Descent([parameter], 1.0, 400)
    rates = [descent.rate(step) for step in range(1, 401)]
    assert rates[0] == pytest.approx(0.05)
    assert set(rates[19:300]) == {1.0}
    assert rates[-1] == pytest.approx(0.01)


def test_an_odd_gradient_is_cut_to_a_few_times_the_usual_norm(parameter: torch.nn.Parameter) -> None:
    descent = Descent([parameter], 1.0, 400)
    norms = []
    for scale in (1.0, 1.0, 1000.0, 1.0):
        parameter.grad = scale * torch.tensor([0.6, 0.8])
        descent.limit_gradients()
        norms.append(float(parameter.grad.norm()))
    assert norms == pytest.approx([1.0, 1.0, 4.0, 1.0], rel=1e-4)


def test_a_gradient_that_is_no_number_does_not_become_the_usual_one(parameter: torch.nn.Parameter) -> None:
    descent = Descent([parameter], 1.0, 400)
    for value in (3.0, torch.nan, torch.inf):
        parameter.grad = torch.tensor([value, 0.0])
        descent.limit_gradients()
        assert descent.notes()["usual_norm"] == 3


def test_a_descent_goes_on_from_its_notes(parameter: torch.nn.Parameter) -> None:
    descent, again = Descent([parameter], 1.0, 400), Descent([parameter], 1.0, 400)
    parameter.grad = torch.tensor([0.1, 0.7])
    descent.limit_gradients()
    again.restore(descent.notes())
    assert torch.equal(again.usual_norm, descent.usual_norm)


def test_a_loss_that_is_not_finite_changes_nothing(parameter: torch.nn.Parameter) -> None:
    descent = Descent([parameter], 1.0, 10)
    descent.step(1, (parameter * torch.inf).sum())
    assert torch.equal(parameter.detach(), torch.zeros(2))


def test_slowing_down_halves_the_rate_and_has_an_end(parameter: torch.nn.Parameter) -> None:
    descent = Descent([parameter], 1.0, 10)
    assert descent.slow_down()
    assert descent.rate(5) == 0.5
    assert [descent.slow_down() for _ in range(6)] == [True] * 5 + [False]
