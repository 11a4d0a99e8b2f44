"""The built-in tasks: contract, training pairs against closed forms, heads that start at interpolation."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
import torch

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import bilinear
from rcl_cli.nn.malvar import malvar
from rcl_cli.raw.cfa import CFA
from rcl_cli.task import Task
from rcl_cli.testing import check_task

TASKS = ("denoise", "demosaic", "sr", "jdensr")
CASES = [(name, domain) for name in TASKS for domain in Domain if not (name == "demosaic" and domain is Domain.RGB)]
NOISE_FREE = NoiseProfile.uniform(0.0, 0.0)


def task_named(name: str) -> Task:
    task: Task = import_module(f"rcl_tasks.{name}").rcl_task()()
    return task


def rng(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", TASKS)
def test_contract(name: str) -> None:
    task = task_named(name)
    check_task(task)
    assert task.name == name
    assert task.domains == {domain for n, domain in CASES if n == name}


@pytest.mark.parametrize(("name", "domain"), CASES)
def test_a_fresh_head_starts_at_interpolation(name: str, domain: Domain) -> None:
    task = task_named(name)
    x = torch.rand(1, domain.channels, 12, 14, generator=rng())
    features = torch.randn(1, 16, 12, 14, generator=rng(1))
    with torch.no_grad():
        start = task.build_head(domain, 16)(features, x)
    interpolation = malvar(x) if domain is Domain.BAYER else bilinear(x, domain)
    skip = x if name == "denoise" else interpolation
    if task.scale > 1:
        skip = torch.nn.functional.interpolate(skip, scale_factor=2, mode="bicubic")
    assert 0 < float((start - skip).abs().mean()) < 0.03


@pytest.mark.parametrize(("name", "domain"), CASES)
def test_noise_of_training_pairs_has_the_variance_of_the_profile(name: str, domain: Domain) -> None:
    task = task_named(name)
    level = torch.tensor([0.2, 0.5, 0.8]).view(3, 1, 1)
    clean = level.expand(3, 12 * 24, 12 * 24).contiguous()
    noise = NoiseProfile(shot=(0.01, 0.02, 0.02, 0.03), read=(1e-4, 2e-4, 2e-4, 3e-4))
    x, _ = task.degrade(clean, domain, noise, rng())
    # Colours of the channels by their noise planes: R, Gr, Gb, B.
    for channel, plane in enumerate(domain.noise_planes):
        value = {0: 0.2, 1: 0.5, 2: 0.5, 3: 0.8}[plane]
        variance = 0.0 if name == "sr" else noise.shot[plane] * value + noise.read[plane]
        assert float(x[channel].mean()) == pytest.approx(value, abs=0.01)
        assert float(x[channel].var()) == pytest.approx(variance, rel=0.15, abs=1e-9)


@pytest.mark.parametrize("domain", [Domain.BAYER, Domain.XTRANS])
def test_demosaic_sees_the_mosaic_of_its_target(domain: Domain) -> None:
    clean = torch.rand(3, 24, 36, generator=rng())
    x, target = task_named("demosaic").degrade(clean, domain, NOISE_FREE, rng())
    colors = (CFA.bayer("RGGB") if domain is Domain.BAYER else CFA.xtrans()).colors(24, 36)
    seen = np.take_along_axis(clean.numpy(), colors[None].astype(np.intp), axis=0)[0]
    assert torch.equal(target, clean)
    assert sorted(x.flatten().tolist()) == sorted(seen.flatten().tolist())


def test_super_resolution_sees_the_mean_of_two_by_two_pixels() -> None:
    clean = torch.rand(3, 24, 48, generator=rng())
    x, target = task_named("sr").degrade(clean, Domain.RGB, NOISE_FREE, rng())
    expected = clean.numpy().reshape(3, 12, 2, 24, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(x.numpy(), expected, atol=1e-6)
    assert torch.equal(target, clean)


def test_joint_task_is_super_resolution_with_noise() -> None:
    clean = torch.rand(3, 48, 48, generator=rng())
    for domain in Domain:
        quiet, _ = task_named("jdensr").degrade(clean, domain, NOISE_FREE, rng())
        assert torch.equal(quiet, task_named("sr").degrade(clean, domain, NOISE_FREE, rng())[0])


@pytest.mark.parametrize("name", TASKS)
def test_first_docstring_line_describes_the_task(name: str) -> None:
    lines = (import_module(f"rcl_tasks.{name}").__doc__ or "").splitlines()
    assert lines[0].endswith(".")
