from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from rcl_cli.nn.momentum import Queue, contrast_logits, follow, info_nce

X, Y = [1.0, 0.0], [0.0, 1.0]


def test_momentum_by_hand() -> None:
    key, query = nn.Linear(1, 1), nn.Linear(1, 1)
    for module, value in ((key, 1.0), (query, 5.0)):
        nn.init.constant_(module.weight, value)
    follow(key, query, 0.75)
    assert key.weight.item() == 2.0  # 0.75·1 + 0.25·5
    follow(key, query, 0.75)
    assert key.weight.item() == 2.75
    assert query.weight.item() == 5.0


def test_the_queue_keeps_the_latest_first() -> None:
    queue = Queue(5, 1)
    assert queue.latest[0].shape == (0, 1)
    for new in ([1, 2], [3, 4], [5, 6]):
        queue.push(torch.tensor(new).float()[:, None], 10 * torch.tensor(new))
        assert len(queue) == min(5, new[-1])
    keys, pictures = queue.latest
    assert keys.flatten().tolist() == [5, 6, 3, 4, 1]
    assert pictures.tolist() == [50, 60, 30, 40, 10]
    again = Queue(5, 1)
    again.load_state_dict(queue.state_dict())
    assert torch.equal(again.latest[0], keys)
    assert torch.equal(again.latest[1], pictures)


def test_a_push_of_more_than_the_queue_holds() -> None:
    queue = Queue(2, 1)
    queue.push(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1, 2, 3]))
    assert queue.latest[0].flatten().tolist() == [1, 2]
    assert queue.latest[1].tolist() == [1, 2]
    queue.push(torch.tensor([[4.0]]))
    assert queue.latest[1].tolist() == [0, 1]


def test_info_nce_by_hand() -> None:
    query, own = torch.tensor([X, Y]), torch.tensor([X, X])
    others = torch.tensor([[-1.0, 0.0], X, Y])
    negative = torch.tensor([[True, True, False], [True, True, True]])
    losses = info_nce(contrast_logits(query, own, others, negative, 0.5))
    # Over τ = 0.5 the first query has 2 with its own key, −2 and 2 with its negatives; the second 0, and 0, 0 and 2.
    first = math.log((2 * math.e**2 + math.e**-2) / math.e**2)
    assert losses.tolist() == pytest.approx([first, math.log(3 + math.e**2)])


def test_info_nce_without_any_negative_is_0_and_has_a_gradient() -> None:
    query = torch.tensor([X]).requires_grad_()
    losses = info_nce(contrast_logits(query, torch.tensor([Y]), torch.tensor([X]), torch.tensor([[False]]), 0.1))
    losses.sum().backward()
    assert losses.tolist() == [0]
    assert query.grad is not None
    assert query.grad.isfinite().all()
