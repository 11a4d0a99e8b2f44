"""The curve of coded networks: there and back, and what it does to noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rcl_benchmark.zero.stabilise import Stabiliser
from rcl_calibration.profile import NoiseProfile
from rcl_cli.nn.bend import decoded, encoded
from rcl_cli.nn.curve import REST, Code, bend_for

BENDS = st.floats(REST, 2.0)
VALUES = st.lists(st.floats(-0.5, 4.0, width=32), min_size=1, max_size=20)


@given(VALUES, BENDS)
def test_back_is_the_inverse_of_there(values: list[float], bend: float) -> None:
    x, code = torch.tensor(values).double(), Code.of(bend)
    torch.testing.assert_close(code.decode(code.encode(x)), x.expand(1, 1, 1, -1), rtol=1e-9, atol=1e-9)


@given(VALUES, BENDS)
def test_order_black_and_white_are_kept(values: list[float], bend: float) -> None:
    code = Code.of(bend)
    z = code.encode(torch.tensor(sorted(values)).double()).flatten()
    assert (z.diff() >= 0).all()
    torch.testing.assert_close(code.encode(torch.tensor([0.0, 1.0])).flatten(), torch.tensor([0.0, 1.0]))


def test_it_is_the_generalised_anscombe_transform_up_to_scale() -> None:
    shot, read = 4e-3, 4e-5
    x = np.linspace(0.0, 1.0, 200)
    # Without its correction for few photons, which is a small shift of the offset.
    stabilised = Stabiliser(shot, read - 7 / 8 * shot**2).forward(x)
    z = Code.of(read / shot).encode(torch.from_numpy(x)).flatten().numpy()
    np.testing.assert_allclose(z, stabilised / stabilised[-1], atol=1e-9)


@pytest.mark.parametrize(("shot", "read"), [(1e-2, 1.4e-4), (1e-3, 1e-6), (1e-4, 1e-7)])
def test_the_sigma_told_is_that_of_coded_noise(shot: float, read: float) -> None:
    profile, rng = NoiseProfile.uniform(shot, read), np.random.default_rng(0)
    code = Code.of(bend_for(profile))
    for level in (0.1, 0.5, 0.9):
        x = torch.full((200_000,), level).double()
        sigma = torch.from_numpy(profile.sigma(x.numpy()))
        noisy = x + sigma * torch.from_numpy(rng.standard_normal(x.shape))
        told = float(code.sigma(sigma, x).mean())  # type: ignore[union-attr]
        assert float(code.encode(noisy).std()) == pytest.approx(told, rel=0.06)


def test_noise_of_real_sensors_has_one_size() -> None:
    profile = NoiseProfile.uniform(1e-2, 1.4e-4)
    x = torch.linspace(0.0, 1.0, 50).double()
    sigma = Code.of(bend_for(profile)).sigma(torch.from_numpy(profile.sigma(x.numpy())), x)
    assert sigma is not None
    assert float(sigma.max() / sigma.min()) < 1.15


def test_bends() -> None:
    assert bend_for(None) == bend_for(NoiseProfile.uniform(0, 0)) == REST
    assert bend_for(NoiseProfile.uniform(1e-2, 1e-4)) == pytest.approx(REST + 0.01)
    # Faint noise without a shot part leaves the shadows their weight; strong noise gets a nearly straight curve.
    assert bend_for(NoiseProfile.uniform(0, 1e-6)) == pytest.approx(REST + 0.003)
    assert bend_for(NoiseProfile.uniform(0, 0.04)) > 0.5


def test_uncoded_values_pass() -> None:
    x = torch.rand(2, 3, 4, 4)
    code = Code.of(None, coded=False)
    assert code.encode(x) is code.decode(x) is x
    assert code.sigma(x, x) is x
    assert Code.of(None).sigma(None, x) is None


@given(bend=BENDS)
def test_arrays_have_the_same_curve(bend: float) -> None:
    x = np.linspace(-0.5, 1.5, 41, dtype=np.float32)
    there = Code.of(bend).encode(torch.from_numpy(x)).flatten().numpy()
    np.testing.assert_allclose(encoded(x, bend), there, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(decoded(encoded(x, bend), bend), x, rtol=1e-5, atol=1e-5)
