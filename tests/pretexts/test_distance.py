from __future__ import annotations

import numpy as np
import pytest
import torch

from rcl_pretexts.distance import DISTANCES, bhattacharyya, mmd, plane_values


def patches(n: int, planes: int, size: int, seed: int) -> torch.Tensor:
    """(n, planes, size), each patch with its own mean and spread."""
    rng = np.random.default_rng(seed)
    values = rng.normal(rng.normal(0, 2, (n, planes, 1)), rng.uniform(0.5, 4, (n, planes, 1)), (n, planes, size))
    return torch.from_numpy(values)


@pytest.mark.parametrize("name", DISTANCES)
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    a, b = patches(2, 2, 6, 6).requires_grad_(), patches(3, 2, 6, 7).requires_grad_()
    # MMD's kernel width is a constant to the gradient, not to a finite difference.
    tolerance = 0.1 if name == "mmd" else 1e-3
    assert torch.autograd.gradcheck(DISTANCES[name], (a, b), atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("name", DISTANCES)
def test_distances_ignore_positions_and_vanish_only_for_equal_values(name: str) -> None:
    a = patches(2, 1, 64, 8)
    shuffled = a[..., torch.randperm(64, generator=torch.Generator().manual_seed(0))]
    distances = DISTANCES[name](a, shuffled)
    assert distances.diagonal().abs().max() < 2e-6
    assert min(distances[0, 1], distances[1, 0]) > 0.01
    torch.testing.assert_close(distances, DISTANCES[name](shuffled, a).T)


def test_bhattacharyya_of_two_gaussians() -> None:
    # Means 0 and 3, variances 1 and 4: 9/(4·5) + ½ ln(5/(2·2)).
    a = torch.tensor([[[-1.0, 1.0]]], dtype=torch.float64)
    b = torch.tensor([[[1.0, 5.0]]], dtype=torch.float64)
    expected = 9 / 20 + 0.5 * np.log(5 / 4)
    np.testing.assert_allclose(bhattacharyya(a, b).item(), expected, rtol=1e-5)


def test_mmd_agrees_with_the_exact_kernel_sum() -> None:
    a, b = patches(3, 1, 300, 9), patches(3, 1, 300, 10)
    s = np.concatenate([a.numpy().ravel(), b.numpy().ravel()]).std()

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.exp(-((x[:, None] - y[None, :]) ** 2) / (2 * s * s)).mean())

    expected = [
        [np.sqrt(kernel(x, x) + kernel(y, y) - 2 * kernel(x, y)) for y in b[:, 0].numpy()] for x in a[:, 0].numpy()
    ]
    np.testing.assert_allclose(mmd(a, b).numpy(), expected, atol=0.01)


def test_mmd_follows_the_scale_of_the_values() -> None:
    a, b = patches(2, 1, 100, 11), patches(2, 1, 100, 12)
    torch.testing.assert_close(mmd(a / 1000, b / 1000), mmd(a, b))


def test_plane_values() -> None:
    residual = torch.arange(24.0).reshape(2, 3, 2, 2)
    assert plane_values(residual, "pooled").shape == (2, 1, 12)
    torch.testing.assert_close(plane_values(residual, "separate")[1, 2], torch.tensor([20.0, 21.0, 22.0, 23.0]))
    with pytest.raises(ValueError, match="pooled"):
        plane_values(residual, "each")
