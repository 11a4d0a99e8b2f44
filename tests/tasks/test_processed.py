"""Noise of RGB files."""

from __future__ import annotations

import pytest
import torch

from rcl_tasks.processed import compressed, processed_noise


def test_it_has_variance_one_and_is_correlated() -> None:
    rng = torch.Generator().manual_seed(0)
    noises = [processed_noise((3, 96, 96), rng) for _ in range(60)]
    assert [float(n.std()) for n in noises] == pytest.approx([1.0] * 60, abs=0.05)
    beside = torch.tensor([float((n[..., 1:] * n[..., :-1]).mean()) for n in noises])
    assert 0.0 < float(beside.min()) < 0.3
    # A Gaussian of σ = 1 gives exp(-1/4) between neighbours.
    assert 0.6 < float(beside.max()) < 0.83
    channels = torch.tensor([float((n[0] * n[1]).mean()) for n in noises])
    assert float(channels.max()) == pytest.approx(0.6, abs=0.1)


def test_jpeg_keeps_the_picture_and_cuts_what_no_jpeg_holds() -> None:
    ramp = torch.linspace(-0.2, 1.2, 64).expand(3, 64, 64).contiguous()
    found = compressed(ramp, 98)
    assert (found - ramp.clamp(0, 1)).abs().max() < 0.02
    assert compressed(ramp, 80).shape == ramp.shape
    colour = torch.tensor([0.8, 0.4, 0.1]).view(3, 1, 1).expand(3, 16, 16)
    assert (compressed(colour, 95) - colour).abs().max() < 0.02
