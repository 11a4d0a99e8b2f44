from __future__ import annotations

import numpy as np
import ot
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor

import rcl_pretexts.emd as module
from rcl_pretexts.emd import emd, sort

DTYPES = (torch.float32, torch.float64)
TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-12}


def patches(n: int, planes: int, size: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """(n, planes, size), each patch with its own mean and spread."""
    rng = np.random.default_rng(seed)
    values = rng.normal(rng.normal(0, 2, (n, planes, 1)), rng.uniform(0.5, 4, (n, planes, 1)), (n, planes, size))
    return torch.from_numpy(values).to(dtype)


def by_formula(a: Tensor, b: Tensor) -> Tensor:
    """Mean |sort(a) − sort(b)| of all pairs at once, by autograd."""
    return (a.sort(-1).values[:, None] - b.sort(-1).values[None]).abs().mean((2, 3))


@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees_with_scipy(dtype: torch.dtype) -> None:
    a, b = patches(3, 1, 3000, 0, dtype), patches(4, 1, 3000, 1, dtype)
    expected = [[wasserstein_distance(x[0].numpy(), y[0].numpy()) for y in b] for x in a]
    np.testing.assert_allclose(emd(a, b).numpy(), expected, rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_separate_planes_are_averaged_and_agree_with_pot(dtype: torch.dtype) -> None:
    a, b = patches(2, 3, 50, 2, dtype), patches(2, 3, 50, 3, dtype)
    expected = [[np.mean([ot.wasserstein_1d(x[p].numpy(), y[p].numpy(), p=1) for p in range(3)]) for y in b] for x in a]
    np.testing.assert_allclose(emd(a, b).numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("tile", "width"), [(2**20, 2048), (2 * 5 * 7, 7), (1, 11), (3 * 5 * 16, 1)])
def test_gradients_are_those_of_the_formula_whatever_the_tiles_and_threads(
    monkeypatch: pytest.MonkeyPatch, tile: int, width: int, dtype: torch.dtype, threads: int
) -> None:
    monkeypatch.setattr(module, "_TILE_CPU", tile)
    monkeypatch.setattr(module, "_WIDTH", width)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    a, b = (patches(n, 2, 40, 4 + n, dtype).requires_grad_() for n in (3, 5))
    found, expected = emd(a, b), by_formula(a, b)
    torch.testing.assert_close(found, expected, rtol=TOLERANCE[dtype], atol=0)
    weight = torch.randn(3, 5, generator=torch.Generator().manual_seed(0), dtype=dtype)
    ours = torch.autograd.grad((found * weight).sum(), [a, b])
    for x, y in zip(ours, torch.autograd.grad((expected * weight).sum(), [a, b]), strict=True):
        torch.testing.assert_close(x, y, rtol=1e-5, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("unit", [1e-10, 1.0, 1e10])
def test_equal_values_have_no_gradient_and_close_ones_a_whole_one(dtype: torch.dtype, unit: float) -> None:
    steps = torch.tensor([[-3.0, 0, 1, 1, 2], [-3, 1, 1, 2, 2], [0, 0, 0, 0, 0]], dtype=dtype)[:, None] * unit
    a, b = steps.clone().requires_grad_(), (steps * (1 + 2 * torch.finfo(dtype).eps)).flip(-1).requires_grad_()
    expected = torch.autograd.grad(by_formula(a, b).sum(), [a, b])
    for x, y in zip(torch.autograd.grad(emd(a, b).sum(), [a, b]), expected, strict=True):
        torch.testing.assert_close(x.sort().values, y.sort().values)
    same = steps.clone().requires_grad_()
    (alone,) = torch.autograd.grad(emd(same[:1], steps[:1]).sum(), [same])
    assert not alone.any()


def test_only_one_side_may_need_gradients() -> None:
    a, b = patches(2, 1, 20, 6).requires_grad_(), patches(3, 1, 20, 7)
    emd(a, b).sum().backward()
    assert a.grad is not None
    assert b.grad is None
    assert not emd(a.detach(), b).requires_grad


def test_what_is_no_number_is_not_hidden() -> None:
    a, b = patches(2, 1, 20, 8, torch.float32), patches(2, 1, 20, 9, torch.float32)
    a[0, 0, 3] = torch.nan
    assert emd(a, b).isnan().tolist() == [[True, True], [False, False]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(2, 3, 50), (1, 1, 1), (4, 0)])
def test_sorting_is_torchs_stable_one(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.randint(-9, 9, shape, generator=rng).to(dtype) / 4
    for values in (x, torch.randn(shape, generator=rng, dtype=dtype), x * 1e-40, x.transpose(0, -1)):
        expected = values.sort(dim=-1, stable=True)
        found = sort(values)
        assert torch.equal(found[0], expected.values)
        assert torch.equal(found[1], expected.indices)


def test_zeros_of_both_signs_are_equal_and_infinities_come_last() -> None:
    values, order = sort(torch.tensor([[0.0, torch.inf, -0.0, -1.0, -torch.inf, 0.0, 3e38]]))
    assert torch.equal(values, torch.tensor([[-torch.inf, -1, 0, 0, 0, 3e38, torch.inf]]))
    assert order.tolist() == [[4, 3, 0, 2, 5, 6, 1]]
