from __future__ import annotations

import math

import pytest
import torch

from rcl_pretexts.distance import plane_values
from rcl_pretexts.emd import emd
from rcl_pretexts.loss import consistency_loss, contrastive_loss, pair_statistics, residual_255


def test_residual_is_input_minus_output_of_255() -> None:
    x, restored = torch.full((1, 3, 2, 2), 0.5), torch.full((1, 3, 2, 2), 0.6)
    torch.testing.assert_close(residual_255(x, restored), torch.full((1, 3, 2, 2), -25.5))


def test_contrastive_loss_of_a_batch_computed_by_hand() -> None:
    # Anchors: first patches. Candidates: the second patch of each image, never another first patch.
    first = torch.tensor([[0.0, 0.0], [10.0, 10.0], [4.0, 4.0]]).reshape(3, 1, 1, 2)
    second = torch.tensor([[1.0, 1.0], [8.0, 8.0], [4.0, 4.0]]).reshape(3, 1, 1, 2)
    distances = emd(plane_values(first, "pooled"), plane_values(second, "pooled"))
    table = [[1.0, 8.0, 4.0], [9.0, 2.0, 6.0], [3.0, 4.0, 0.0]]
    torch.testing.assert_close(distances, torch.tensor(table))
    tau = 2.0
    expected = [
        -math.log(math.exp(-row[j] / tau) / sum(math.exp(-d / tau) for d in row)) for j, row in enumerate(table)
    ]
    torch.testing.assert_close(contrastive_loss(distances, tau), torch.tensor(expected))


def test_equal_distances_are_chance() -> None:
    assert contrastive_loss(torch.ones(8, 8), 0.1).mean().item() == pytest.approx(math.log(8))


def test_consistency_is_the_mean_over_elements_then_layers() -> None:
    x = [torch.zeros(2, 1, 2, 2), torch.zeros(2, 3, 1, 1)]
    restored = [torch.tensor([1.0, 2.0]).reshape(2, 1, 1, 1).expand(2, 1, 2, 2), torch.full((2, 3, 1, 1), 3.0)]
    torch.testing.assert_close(consistency_loss(x, restored), torch.tensor([(1 + 9) / 2, (4 + 9) / 2]))


def test_pair_statistics() -> None:
    stats = pair_statistics(torch.tensor([[1.0, 5.0], [2.0, 3.0]]))
    assert stats == {"positive": 2.0, "negative": 3.5, "accuracy": 0.5}
