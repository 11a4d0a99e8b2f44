from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rcl_cli.data.crops import (
    RegionSource,
    middle_window,
    phase_step,
    placed_crops,
    random_crops,
    random_offset,
    random_window,
)
from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.pretext import Batch


@dataclass(frozen=True)
class Flat:
    regions: NDArray[np.float32]


@pytest.mark.parametrize("domain", list(Domain))
def test_crops_keep_the_phase_of_the_mosaic(domain: Domain) -> None:
    # One flat colour: cut at the wrong phase, its planes would swap.
    rgb = torch.tensor([0.2, 0.5, 0.9]).view(3, 1, 1).expand(3, 72, 72)
    planes = from_rgb(rgb, domain)
    crops = random_crops(planes.expand(8, -1, -1, -1), 6, domain, torch.Generator().manual_seed(1))
    expected = from_rgb(rgb[:, : 6 * domain.pixels, : 6 * domain.pixels], domain)
    for crop in crops:
        torch.testing.assert_close(crop, expected)


def test_xtrans_crops_start_at_even_elements() -> None:
    positions = torch.arange(20.0 * 20).view(1, 1, 20, 20).expand(50, 1, 20, 20)
    corners = random_crops(positions, 8, Domain.XTRANS, torch.Generator().manual_seed(0))[:, 0, 0, 0].long()
    assert {int(c) // 20 % 2 for c in corners} == {int(c) % 2 for c in corners} == {0}
    assert len(set(corners.tolist())) > 20


def test_offsets_reach_both_ends() -> None:
    rng = torch.Generator().manual_seed(0)
    assert {random_offset(2, 1, rng) for _ in range(50)} == {0, 1, 2}
    assert {random_offset(5, phase_step(Domain.XTRANS), rng) for _ in range(50)} == {0, 2, 4}


def test_a_batch_holds_each_picture_once_and_depends_only_on_the_generator() -> None:
    source = RegionSource([Flat(np.full((2, 3, 10, 12), i, np.float32)) for i in range(5)], Domain.RGB)
    batch = source.batch(5, 8, torch.Generator().manual_seed(3))
    assert batch.shape == (5, 3, 8, 8)
    assert sorted(batch[:, 0, 0, 0].tolist()) == [0, 1, 2, 3, 4]
    torch.testing.assert_close(batch, source.batch(5, 8, torch.Generator().manual_seed(3)))


def test_a_batch_knows_its_pictures() -> None:
    source = RegionSource([Flat(np.full((2, 3, 10, 12), i, np.float32)) for i in range(5)], Domain.RGB)
    batch = source.sample(3, 8, torch.Generator().manual_seed(3))
    assert batch.pictures[:, 0, 0, 0].tolist() == batch.identities.tolist() == list(batch.numbers)
    assert Batch(batch.pictures).identities.tolist() == [0, 1, 2]


def test_windows_cut_arrays_tensors_and_larger_pictures_at_the_same_place() -> None:
    rows, columns = np.mgrid[:20, :30].astype(np.float32)
    window = random_window((20, 30), 8, 2, torch.Generator().manual_seed(4))
    cut = window.of(np.stack([rows, columns]))
    assert cut.shape == (2, 8, 8)
    assert cut[:, 0, 0].tolist() == [window.top, window.left]
    assert torch.equal(window.of(torch.from_numpy(np.stack([rows, columns]))), torch.from_numpy(cut))
    larger = np.stack([rows, columns]).repeat(3, axis=1).repeat(3, axis=2)
    assert np.array_equal(window.of(larger, 3), cut.repeat(3, axis=1).repeat(3, axis=2))


@given(
    height=st.integers(1, 60), width=st.integers(1, 60), most=st.integers(1, 70), step=st.sampled_from([1, 2]),
    multiple=st.integers(1, 9),
)  # fmt: skip
def test_the_middle_is_inside_as_large_as_it_may_be_and_central(
    height: int, width: int, most: int, step: int, multiple: int
) -> None:
    window = middle_window((height, width), most, multiple=multiple, step=step)
    for start, kept, length in ((window.top, window.height, height), (window.left, window.width, width)):
        assert kept == max(side for side in range(0, min(length, most) + 1, multiple))
        assert start % step == 0
        behind = length - start - kept
        assert 0 <= start <= behind < start + 2 * step


def test_placed_crops_know_their_corners() -> None:
    places = torch.arange(400.0).view(1, 1, 20, 20).expand(9, 1, 20, 20)
    crops, corners = placed_crops(places, 8, Domain.XTRANS, torch.Generator().manual_seed(2))
    assert torch.equal(crops[:, 0, 0, 0].long(), corners[:, 0] * 20 + corners[:, 1])
    assert torch.equal(crops, random_crops(places, 8, Domain.XTRANS, torch.Generator().manual_seed(2)))
