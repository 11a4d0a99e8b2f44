"""Rates and times as people say them, and signs of life where there is no terminal."""

from __future__ import annotations

import pytest

from rcl_cli.cli.rates import Lines, duration_words, rate_words


@pytest.mark.parametrize(
    ("speed", "unit", "words"),
    [
        (2530.4, "files", "2 530 files/s"),
        (1_234_567, "steps", "1 234 567 steps/s"),
        (142, "files", "142 files/s"),
        (9.949, "files", "9.9 files/s"),
        (9.96, "files", "10 files/s"),
        (1.0, "raws", "1.0 raws/s"),
        (0.142, "files", "7.0 s/file"),
        (1 / 42, "pictures", "42 s/picture"),
        (1 / 150, "files", "2.5 min/file"),
        (1 / 7200, "files", "2.0 h/file"),
        (0.5, "MP", "2.0 s/MP"),
        (0, "files", ""),
    ],
)
def test_rates_are_numbers_above_one(speed: float, unit: str, words: str) -> None:
    assert rate_words(speed, unit) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (99, "99 s"), (100, "2 min"), (3599, "1 h 0 min"), (5400, "1 h 30 min"), (180_000, "2 d 2 h")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def run(files: int, seconds_each: float, **options: float) -> list[str]:
    said: list[str] = []
    clock = Clock()
    lines = Lines(said.append, files, "denoise", "files", clock=clock, **options)
    for _ in range(files - int(options.get("done", 0))):
        clock.now += seconds_each
        lines.advance(1)
    return said


def test_short_work_says_nothing() -> None:
    assert run(10, 1.0) == []


def test_long_work_says_how_far_it_is_and_how_long_it_takes() -> None:
    said = run(1000, 2.0)
    assert said[0] == "denoise: 8 of 1000 files, 2.0 s/file, 33 min left"
    assert 5 < len(said) < 15  # half an hour


def test_a_night_is_a_page() -> None:
    assert len(run(30_000, 1.0)) < 120


def test_a_resumed_run_goes_by_its_own_speed() -> None:
    assert run(100, 20.0, done=98)[0] == "denoise: 99 of 100 files, 20 s/file, 20 s left"


def test_work_without_an_end_has_no_time_left() -> None:
    said: list[str] = []
    clock = Clock()
    lines = Lines(said.append, None, "reading", "files", clock=clock)
    clock.now = 100
    lines.describe("Reading")
    lines.advance(50)
    assert said == ["Reading: 50 files, 2.0 s/file"]
