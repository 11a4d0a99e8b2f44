"""Pooling several calibrations of one camera and ISO."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rcl_calibration.profile import SIGMA_X, NoiseProfile
from rcl_calibration.runs import Run, add_run, pool_runs

X = np.array(SIGMA_X)


def _run(shot: float, error: float | np.ndarray, *sources: str, read: float = 1e-5, **rest: object) -> Run:
    """A run whose intervals are ±1.645 standard errors; `error` relative, one or one per SIGMA_X."""
    sigma = np.sqrt(shot * X + read)
    half = 1.645 * np.broadcast_to(error, X.shape)
    ci = tuple((float(s * (1 - h)), float(s * (1 + h))) for s, h in zip(sigma, half, strict=True))
    return Run(NoiseProfile.uniform(shot, read, sigma_ci=(ci,) * 4, **rest), frozenset(sources))


def test_one_run_stays_as_it_is() -> None:
    run = _run(1e-3, 0.01)
    assert pool_runs([run]) == run.profile
    with pytest.raises(ValueError, match="no runs"):
        pool_runs([])


def test_equal_runs_halve_the_squared_interval() -> None:
    runs = [_run(1e-3, 0.02), _run(1e-3, 0.02)]
    pooled = pool_runs(runs)
    assert pooled.shot == pytest.approx((1e-3,) * 4)
    assert pooled.read == pytest.approx((1e-5,) * 4)
    assert pooled.sigma_ci is not None
    low, high = np.array(pooled.sigma_ci[0]).T
    assert (high - low) / 2 / pooled.sigma(X) == pytest.approx(np.full(X.size, 1.645 * 0.02 / np.sqrt(2)))
    assert pooled.images == 2


def test_the_surer_run_has_the_say() -> None:
    """Inverse variances: 1 % against 3 % is a weight of 9 to 1 of σ²."""
    pooled = pool_runs([_run(1.00e-3, 0.01, read=0.0), _run(1.04e-3, 0.03, read=0.0)])
    assert pooled.shot[0] == pytest.approx(1.004e-3, rel=1e-3)


def test_a_run_without_shadows_has_no_say_there() -> None:
    blind_to_shadows = np.where(X < 0.2, 0.5, 0.02)
    pooled = pool_runs([_run(1e-3, blind_to_shadows, read=1e-4), _run(1e-3, 0.005)])
    assert pooled.sigma(0.02) == pytest.approx(np.sqrt(1e-3 * 0.02 + 1e-5), rel=0.01)


def test_disagreement_widens_the_interval() -> None:
    agreeing, disagreeing = (
        pool_runs([_run(1e-3, 0.01, read=1e-9), _run(1e-3 * factor, 0.01, read=1e-9)]) for factor in (1.0, 1.2)
    )
    assert agreeing.sigma_ci is not None
    assert disagreeing.sigma_ci is not None
    assert np.ptp(disagreeing.sigma_ci[0][5]) > 4 * np.ptp(agreeing.sigma_ci[0][5])


def test_weak_runs_do_not_spoil_good_ones() -> None:
    weak = _run(5e-3, 0.01, quality="weak")
    assert pool_runs([_run(1e-3, 0.01), weak]).shot[0] == 1e-3
    assert pool_runs([weak, replace(weak)]).quality == "weak"


def test_no_picture_counts_twice() -> None:
    one, more, other = _run(1e-3, 0.01, "a"), _run(1.1e-3, 0.01, "a", "b"), _run(1.2e-3, 0.01, "c")
    assert add_run(add_run([], one), more) == (more,)
    assert add_run([more], other) == (more, other)
    assert add_run([more], one) == (more,)
    assert add_run([more], more) == (more,)


def test_the_same_pictures_measured_in_another_way_are_another_run() -> None:
    blind, pairs = _run(1e-3, 0.01, "a", "b", method="blind, pooled"), _run(1e-3, 0.001, "a", "b", method="pairs")
    assert add_run([pairs], blind) == (pairs, blind)
