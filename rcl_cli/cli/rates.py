"""How fast work goes and how long it will take, as people say it, and as lines where no bar can be shown."""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST_S, _LONGEST_S, _GROWTH = 15.0, 300.0, 1.5
"""Until the first line, the longest time between two, and how that grows."""


def rate_words(speed: float, unit: str) -> str:
    """`speed` units a second, `unit` being their plural.

    >>> rate_words(2530, "files"), rate_words(23.45, "MP"), rate_words(0.1176, "files"), rate_words(0.004, "steps")
    ('2 530 files/s', '23 MP/s', '8.5 s/file', '4.2 min/step')
    """
    if speed <= 0:
        return ""
    if speed >= 0.95:
        return f"{_number(speed)} {unit}/s"
    seconds, one = 1 / speed, unit[:-1] if unit.endswith("s") else unit
    for size, name in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{_number(seconds / size)} {name}/{one}"
    return f"{_number(seconds)} s/{one}"


def duration_words(seconds: float) -> str:
    """A time that is only roughly known.

    >>> duration_words(8.6), duration_words(200), duration_words(7300), duration_words(200_000)
    ('9 s', '3 min', '2 h 2 min', '2 d 7 h')
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


class Lines:
    """A line now and then that says how far work has come, for logs and pipes.

    say: where they go; clock: seconds. `total=None`: work without an end. `done`: where a resumed run starts.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        total: float | None,
        name: str,
        unit: str,
        *,
        done: float = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._clock = say, clock
        self._total, self._name, self._unit = total, name, unit
        self._done = self._before = done
        self._start = self._last = clock()
        self._pause = _FIRST_S

    def advance(self, steps: float) -> None:
        """`steps` more are done."""
        self._done += steps
        now = self._clock()
        if now - self._last >= self._pause and (self._total is None or self._done < self._total):
            self._last, self._pause = now, min(_LONGEST_S, self._pause * _GROWTH)
            self._say(self._line(now))

    def describe(self, name: str) -> None:
        """Replace the words before the numbers."""
        self._name = name

    def _line(self, now: float) -> str:
        speed = (self._done - self._before) / max(now - self._start, 1e-9)
        of = "" if self._total is None else f" of {self._total:g}"
        parts = [f"{self._name}: {int(self._done)}{of} {self._unit}", rate_words(speed, self._unit)]
        if self._total is not None and speed > 0:
            parts.append(f"{duration_words((self._total - self._done) / speed)} left")
        return ", ".join(filter(None, parts))


def _number(value: float) -> str:
    if value < 9.95:
        return f"{value:.1f}"
    return f"{value:,.0f}".replace(",", " ")
