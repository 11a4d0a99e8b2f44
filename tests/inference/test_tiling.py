from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.inference.tiling import Tiling, spans
from rcl_cli.inference.torch_engine import apply_tiled, tiling_of
from rcl_cli.models.task_model import build_model
from rcl_cli.network import Network
from rcl_cli.nn.cfa import bilinear
from rcl_tasks.demosaic import Demosaic
from rcl_tasks.restorer import Restorer
from rcl_tasks.unet import UNet

sizes = st.integers(1, 40)


@given(units=sizes, size=sizes, halo=st.integers(0, 20), multiple=st.sampled_from([1, 2, 4, 8, 16]))
def test_cores_cover_an_axis_once_and_windows_hold_the_halo(units, size, halo, multiple):
    length = units * multiple
    pieces = spans(length, size, halo, multiple)
    covered = [i for piece in pieces for i in range(piece.core.start, piece.core.stop)]
    assert covered == list(range(length))
    for piece in pieces:
        assert piece.core.stop - piece.core.start <= max(size, multiple)
        assert piece.window.start == 0 or piece.window.start <= piece.core.start - halo
        assert piece.window.stop == length or piece.window.stop >= piece.core.stop + halo
        assert piece.window.start % multiple == piece.window.stop % multiple == 0


class Net(nn.Module):
    """A random U-Net and a head that enlarges by `upsample`, seeing two elements further."""

    def __init__(self, channels: int, depth: int, upsample: int) -> None:
        super().__init__()
        torch.manual_seed(depth * 10 + upsample)
        self.network = UNet(Domain.RGB, {"width": 4, "depth": depth})
        self.head = nn.Sequential(nn.Conv2d(4 + channels, 2 * upsample**2, 5, padding=2), nn.PixelShuffle(upsample))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(torch.cat([self.network(x), x], dim=1))
        return y


def picture(channels: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 1000 + width).random((channels, height, width), np.float32)


@settings(max_examples=40)
@given(
    depth=st.integers(0, 3),
    upsample=st.sampled_from([1, 2, 3, 4, 6]),
    rows=st.integers(1, 20),
    columns=st.integers(1, 20),
    size=st.integers(1, 100),
)
def test_tiled_equals_whole(depth, upsample, rows, columns, size):
    net = Net(3, depth, upsample).eval()
    multiple = net.network.multiple
    x = picture(3, rows * multiple, columns * multiple)
    with torch.no_grad():
        whole = net(torch.from_numpy(x)[None])[0].numpy()
    tiling = Tiling(net.network.radius() + 2, multiple, upsample)
    tiled = apply_tiled(net, x, tiling, size=size)
    assert tiled.shape == whole.shape
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("network", [Restorer, UNet])
@pytest.mark.parametrize("domain", [Domain.BAYER, Domain.XTRANS])
def test_a_head_makes_no_more_than_what_is_asked_for(network: type[Network], domain: Domain) -> None:
    """Networks may return the whole or that part."""
    torch.manual_seed(0)
    task = Demosaic()
    model = build_model(task, domain, network(domain, {"width": 4, "depth": 1})).eval()
    with torch.no_grad():
        for parameter in model.head.parameters():
            parameter.mul_(50)
    tiling = tiling_of(model, task, domain)
    x = picture(domain.channels, 96, 112)
    seen: list[torch.Size] = []
    model.head.register_forward_hook(lambda head, given, found: seen.append(found.shape))

    def run(z: Tensor) -> Tensor:
        return model(z, torch.full_like(z, 0.02))

    with torch.no_grad():
        whole = run(torch.from_numpy(x)[None])[0].numpy()
    tiled = apply_tiled(run, x, tiling, size=32)
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-4)
    assert np.abs(whole - whole.mean()).max() > 0.1
    assert max(shape[-1] for shape in seen[1:]) <= (32 + 2 * tiling.head + 2 * tiling.multiple) * tiling.upsample


def test_three_colours_of_a_pixel_lie_together() -> None:
    tiled = apply_tiled(lambda z: z[:, :3], picture(4, 20, 30), Tiling(0, 1, 1), size=7)
    assert tiled.transpose(1, 2, 0).flags.c_contiguous
    np.testing.assert_array_equal(tiled, picture(4, 20, 30)[:3])


def test_tiled_equals_whole_where_the_phase_of_x_trans_blocks_counts():
    x = picture(9, 26, 34)
    whole = bilinear(torch.from_numpy(x)[None], Domain.XTRANS)[0].numpy()
    tiled = apply_tiled(lambda t: bilinear(t, Domain.XTRANS), x, Tiling(1, 2, 3), size=5)
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-5)


def test_a_halo_that_is_too_small_shows():
    net = Net(3, 2, 1).eval()
    x = picture(3, 64, 64)
    with torch.no_grad():
        whole = net(torch.from_numpy(x)[None])[0].numpy()
    tiled = apply_tiled(net, x, Tiling(0, 4, 1), size=32)
    assert np.abs(tiled - whole).max() > 1e-3


def failing_above(limit: int, error: Exception) -> Callable[[Tensor], Tensor]:
    def network(x: Tensor) -> Tensor:
        if x.shape[-1] > limit:
            raise error
        return 2 * x

    return network


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
)
def test_smaller_tiles_where_memory_runs_out(error):
    x = picture(3, 32, 48)
    reports: list[float] = []
    result = apply_tiled(failing_above(12, error), x, Tiling(1, 4, 1), size=48, report=reports.append)
    np.testing.assert_array_equal(result, 2 * x)
    assert reports[-1] == 1.0


def test_networks_compute_in_full_float32():
    seen: list[bool] = []

    def network(x: Tensor) -> Tensor:
        seen.append(torch.backends.cudnn.allow_tf32)
        return x

    apply_tiled(network, picture(3, 8, 8), Tiling(0, 4, 1), size=8)
    assert seen == [False]


def test_other_errors_and_hopeless_shortage_are_passed_on():
    x = picture(3, 8, 8)
    with pytest.raises(RuntimeError, match="wrong shape"):
        apply_tiled(failing_above(0, RuntimeError("wrong shape")), x, Tiling(0, 4, 1), size=8)
    with pytest.raises(MemoryError):
        apply_tiled(failing_above(0, MemoryError()), x, Tiling(0, 4, 1), size=8)


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_the_result_is_the_same_bit_for_bit_however_many_tiles_are_worked_on(workers):
    net = Net(3, 2, 2).eval()
    x, tiling = picture(3, 72, 88), Tiling(24, 4, 2)
    reports: list[float] = []
    one = apply_tiled(net, x, tiling, size=24)
    more = apply_tiled(net, x, tiling, size=24, workers=workers, report=reports.append)
    assert np.array_equal(one, more)
    assert reports == pytest.approx([(number + 1) / 12 for number in range(12)])


def test_each_tile_has_one_thread_and_torch_its_own_number_afterwards():
    before, seen = torch.get_num_threads(), set()

    def network(x: Tensor) -> Tensor:
        assert torch.is_inference_mode_enabled()
        seen.add(torch.get_num_threads())
        return x

    torch.set_num_threads(3)
    try:
        apply_tiled(network, picture(3, 16, 16), Tiling(0, 4, 1), size=4, workers=2)
        assert seen == {1}
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_failure_ends_the_others_before_they_begin():
    begun: list[int] = []

    def network(x: Tensor) -> Tensor:
        begun.append(1)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        apply_tiled(network, picture(3, 64, 64), Tiling(0, 4, 1), size=4, workers=2)
    assert len(begun) <= 4
