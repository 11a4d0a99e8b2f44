"""The contract of every task, and the behaviour of this one."""

from __future__ import annotations

import pytest
import torch
from rcl_task_enlarge import Enlarge

from rcl_cli import Domain, NoiseProfile, check_task


def test_keeps_the_contract_of_a_task() -> None:
    check_task(Enlarge())


@pytest.mark.parametrize(("domain", "size", "factor"), [(Domain.RGB, 24, 2), (Domain.BAYER, 12, 4)])
def test_a_pair_covers_the_same_field(domain: Domain, size: int, factor: int) -> None:
    task, noiseless = Enlarge(), NoiseProfile.uniform(0.0, 0.0)
    ramp = torch.linspace(0, 1, 48).expand(3, 48, 48)
    x, target = task.degrade(ramp, domain, noiseless, torch.Generator().manual_seed(0))
    assert x.shape == (domain.channels, size, size)
    assert target.shape == (3, size * factor, size * factor)
    assert factor == task.upsample(domain)
    # The mean light is that of the clean crop.
    assert float(x.mean()) == pytest.approx(float(target.mean()), abs=1e-6)
