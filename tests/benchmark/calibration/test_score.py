"""Scores against errors known beforehand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rcl_benchmark.calibration.contract import judge
from rcl_benchmark.calibration.names import BLIND
from rcl_benchmark.calibration.record import Estimate, Key, Record, Timing
from rcl_benchmark.calibration.score import UNFLAGGED, detections, held, lines, negative, rms_error, sigma
from rcl_calibration.model import Noise
from rcl_calibration.profile import SIGMA_X

TRUTH = Noise(2e-3, 1e-5)


def _record(
    noise: Noise | None, *, draw: int = 0, method: str = BLIND, process: str = "", regime: str = "sensor"
) -> Record:
    key = Key(draw, regime, method, process)
    return Record(key, TRUTH, Estimate(() if noise is None else (noise,)), seen=(0.0, 1.0), seconds=0.5, megapixels=1.0)


def _with(record: Record, **estimate: Any) -> Record:
    return replace(record, estimate=replace(record.estimate, **estimate))


def _times(sigma_factor: float) -> Noise:
    return Noise(TRUTH.shot * sigma_factor**2, TRUTH.read * sigma_factor**2)


def test_the_truth_has_no_error() -> None:
    assert rms_error(_record(TRUTH)) == 0
    assert rms_error(_record(TRUTH), in_range=True) == 0


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_bias_of_ten_percent_is_an_error_of_ten_percent(factor: float) -> None:
    assert rms_error(_record(_times(factor))) == pytest.approx(0.1)


def test_nothing_found_is_an_error_of_all() -> None:
    assert rms_error(_record(None)) == 1


def test_in_range_leaves_out_what_was_not_seen() -> None:
    # λ_read alone is wrong, which shows in the dark only.
    record = _with(_record(Noise(2e-3, 1e-3)), x_range=(0.5, 0.8))
    x = np.linspace(0.5, 0.8, 1001)
    expected = np.sqrt(np.mean((np.sqrt((2e-3 * x + 1e-3) / (2e-3 * x + 1e-5)) - 1) ** 2))
    assert rms_error(record, in_range=True) == pytest.approx(expected, rel=0.01)
    assert rms_error(record) > 1.5 * rms_error(record, in_range=True)


def test_a_range_between_two_points_counts_the_nearest() -> None:
    record = _with(_record(_times(1.1)), x_range=(0.0, 0.004))
    assert rms_error(record, in_range=True) == pytest.approx(0.1)


def test_coverage_counts_the_intervals_in_range() -> None:
    truth = sigma(TRUTH, np.array(SIGMA_X))
    intervals = [(0.9 * s, 1.1 * s) for s in truth]
    intervals[2] = (1.01 * truth[2], 1.1 * truth[2])
    intervals[6] = (0.0, 0.0)
    record = _with(_record(TRUTH), sigma_ci=(tuple(intervals),), x_range=(0.04, 0.6))
    assert held(record) == [(0.05, 1), (0.1, 0), (0.18, 1), (0.3, 1), (0.5, 1)]
    (row, _) = lines([record])
    assert row.coverage == pytest.approx(4 / 5)


def test_planes_are_compared_one_by_one() -> None:
    """Errors of planes that cancel in their mean count all the same, and so does each plane's interval."""
    planes = tuple(_times(factor) for factor in (0.9, 1.0, 1.0, 1.1))
    intervals = [[(0.95 * s, 1.05 * s) for s in sigma(noise, np.array(SIGMA_X))] for noise in planes]
    record = _with(_record(TRUTH), planes=planes, sigma_ci=tuple(map(tuple, intervals)))
    assert rms_error(record) == pytest.approx(0.1 / np.sqrt(2))
    assert held(record) == [(x, 0.5) for x in SIGMA_X]
    negative_plane = _with(record, planes=(*planes[:3], Noise(1e-3, -1e-9)))
    assert negative([negative_plane]) == 1


def test_rows_take_quantiles_by_regime_and_method() -> None:
    factors = np.linspace(1.0, 1.1, 11)
    ours = [_record(_times(factor), draw=i) for i, factor in enumerate(factors)]
    ours[10] = _with(ours[10], quality="weak", reason="texture")
    peer = [_record(None, draw=i, method="miniraw") for i in range(11)]
    processed = [_record(_times(2.0), draw=0, process="median")]
    table = {(row.regime, row.method): row for row in lines([*ours, *peer, *processed])}
    blind = table["sensor", BLIND]
    assert (blind.n, blind.coverage) == (11, None)
    assert blind.sigma_rms_median == pytest.approx(0.05)
    assert blind.sigma_rms_p90 == pytest.approx(0.09)
    assert blind.seconds == 0.5
    assert table["sensor", UNFLAGGED].n == 10
    assert table["sensor", "miniraw"].sigma_rms_median == 1


def test_detections_and_false_alarms() -> None:
    reason = "the noise is correlated: denoised in the camera, resized or compressed"
    plain = [_record(TRUTH, draw=i) for i in range(4)]
    plain[0] = _with(plain[0], quality="weak", reason="texture everywhere")
    plain[1] = _with(plain[1], quality="weak", reason=reason)
    processed = [_with(_record(TRUTH, draw=i, process="median"), quality="weak", reason=reason) for i in range(2)]
    missed = [_record(TRUTH, process="gaussian")]
    found = {d.process: (d.n, d.flagged, d.named) for d in detections([*plain, *processed, *missed])}
    assert found == {"": (4, 0.5, 0.25), "median": (2, 1.0, 1.0), "gaussian": (1, 0.0, 0.0)}
    promises = {p.what: p for p in judge([], detections([*plain, *processed, *missed]), [], 0)}
    assert promises["processed in the camera: flagged"].measured == pytest.approx((2 / 3,))
    assert not promises["processed in the camera: flagged"].reached
    assert promises["not processed: false alarms"].measured == (0.25,)


def test_negative_noise_is_counted() -> None:
    assert negative([_record(TRUTH), _record(None), _record(Noise(1e-3, -1e-9))]) == 1


def test_the_contract_says_what_is_reached_and_what_is_not() -> None:
    ours = [_record(_times(1.005), draw=i) for i in range(3)]
    peers = [_record(_times(1.01), draw=i, method="percentile") for i in range(3)]
    promises = {p.what: p.reached for p in judge(lines([*ours, *peers]), [], [Timing(24.0, 0.7)], 0)}
    assert promises == {
        "rcl-blind, sensor regime: median · p90": True,
        "rcl-blind, unflagged, sensor regime: p90": True,
        "rcl-blind over the best peer, sensor regime: median · p90": False,
        "estimates with a negative λ": True,
        "seconds for 24 MP, one core, beyond decoding": False,
    }
