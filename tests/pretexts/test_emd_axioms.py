"""The earth mover's distance is a metric of sets of values, whatever they are (Villani 2009, chapter 6)."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rcl_pretexts.emd import emd

_VALUES = st.floats(-1e3, 1e3, width=32)
_CLOSE = 1e-5


@st.composite
def _three(draw: st.DrawFn) -> tuple[Tensor, Tensor, Tensor]:
    """Sets of equally many values, some of them equal, as (1, 1, n)."""
    size = draw(st.integers(1, 30))
    few = draw(st.lists(_VALUES, min_size=1, max_size=5))
    values = st.lists(_VALUES | st.sampled_from(few), min_size=size, max_size=size)
    first, second, third = (torch.tensor(draw(values), dtype=torch.float64).view(1, 1, -1) for _ in range(3))
    return first, second, third


def _distance(a: Tensor, b: Tensor) -> float:
    return float(emd(a, b))


@pytest.mark.slow
@settings(max_examples=100)
@given(sets=_three())
def test_it_is_a_metric(sets: tuple[Tensor, Tensor, Tensor]) -> None:
    a, b, c = sets
    assert _distance(a, a.flip(-1)) == 0
    assert _distance(a, b) == pytest.approx(_distance(b, a), rel=_CLOSE)
    assert _distance(a, c) <= (_distance(a, b) + _distance(b, c)) * (1 + _CLOSE)
    assert (_distance(a, b) == 0) == torch.equal(a.sort().values, b.sort().values)


@pytest.mark.slow
@settings(max_examples=100)
@given(sets=_three(), shift=_VALUES, gain=st.floats(0, 100, width=32))
def test_it_is_in_the_unit_of_the_values(sets: tuple[Tensor, Tensor, Tensor], shift: float, gain: float) -> None:
    a, b, _ = sets
    assert _distance(gain * a + shift, gain * b + shift) == pytest.approx(gain * _distance(a, b), rel=1e-4, abs=1e-8)
    assert _distance(a, a + shift) == pytest.approx(abs(shift), rel=_CLOSE, abs=1e-9)
    # No plan moves the mean by less than the means differ.
    assert _distance(a, b) >= abs(float(a.mean() - b.mean())) - 1e-9
