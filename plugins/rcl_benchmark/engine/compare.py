"""How far results are apart, whether the trials can tell, and how figures are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from rcl_benchmark.engine.row import Row

NONE = "–"


@dataclass(frozen=True)
class Difference:
    """PSNR of one result less that of another."""

    db: float
    two_errors: float | None
    """Two standard errors of `db`; None where no network of the two had more than one trial."""

    @property
    def text(self) -> str:
        """For a table.

        >>> Difference(-0.4, 0.21).text
        '−0.40 ± 0.21'
        """
        return signed(self.db) + (f" ± {self.two_errors:.2f}" if self.two_errors else "")


def difference(row: Row, other: Row) -> Difference:
    """PSNR of `row` less that of `other`.

    The standard error is taken as of independent trials. Trials of two methods share their seeds, which makes the true
    one rather smaller. A network with a single trial is taken to spread as the one that it is compared with.
    """
    known = [r.psnr_std for r in (row, other) if r.network and r.trials > 1]
    if not known and (row.network or other.network):
        return Difference(row.psnr_db - other.psnr_db, None)
    variances = [r.psnr_std**2 if r.trials > 1 or not r.network else known[0] ** 2 for r in (row, other)]
    error = math.sqrt(sum(v / r.trials for v, r in zip(variances, (row, other), strict=True)))
    return Difference(row.psnr_db - other.psnr_db, 2 * error)


@dataclass(frozen=True)
class Needed:
    """Labels with which a method reaches a figure."""

    labels: float
    bound: str = ""
    """"": as many; "≤": at most, for fewer were not tried; ">": more, the most tried do not reach it."""

    @property
    def text(self) -> str:
        """For a table.

        >>> Needed(378.6).text, Needed(10, "≤").text
        ('379', '≤ 10')
        """
        return f"{self.bound} {self.labels:.0f}".strip()


def labels_needed(curve: Mapping[int, float], psnr_db: float) -> Needed:
    """The fewest labels with which `curve` (PSNR by labels) is at least `psnr_db`.

    Between two numbers of labels PSNR is taken to be linear in their logarithm; 0 labels have none, so from 0 to the
    next nothing is interpolated. Raises ValueError for an empty curve.
    """
    points = sorted(curve.items())
    if not points:
        raise ValueError("a curve needs a point")
    if points[0][1] >= psnr_db:
        first = points[0][0]
        return Needed(first, "≤" if first else "")
    for (left, low), (right, high) in pairwise(points):
        if high < psnr_db:
            continue
        if left == 0:
            return Needed(right, "≤")
        part = (psnr_db - low) / (high - low)
        return Needed(left * (right / left) ** part)
    return Needed(points[-1][0], ">")


def signed(value: float) -> str:
    """Two decimals and a sign.

    >>> signed(0.4), signed(-1.234), signed(-0.001)
    ('+0.40', '−1.23', '0.00')
    """
    rounded = round(value, 2)
    return "0.00" if rounded == 0 else f"{rounded:+.2f}".replace("-", "−")


def psnr(row: Row) -> str:
    """Mean and standard deviation, the latter where there are several trials."""
    return f"{row.psnr_db:.2f}" + (f" ± {row.psnr_std:.2f}" if row.trials > 1 else "")


def ssim(row: Row) -> str:
    """As `psnr`."""
    return f"{row.ssim:.4f}" + (f" ± {row.ssim_std:.4f}" if row.trials > 1 else "")


def percent(value: float) -> str:
    """Two decimals below 10 %, one below 100 %.

    >>> percent(0.0123), percent(0.345), percent(2.0)
    ('1.23 %', '34.5 %', '200 %')
    """
    return f"{100 * value:.{2 if value < 0.1 else 1 if value < 1 else 0}f} %"
