"""Rows that are compared with each other: one network on one kind of data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rcl_benchmark.engine.row import Row

PLAIN, SKIP = "plain", "skip"
INPUT = "input"
"""`Row.method` of the noisy picture itself, interpolated where the task enlarges."""
TITLES = {PLAIN: "Plain U-Net, as in the paper", SKIP: "U-Net that adds its result to its input", "": ""}
SHORT_TITLES = {PLAIN: "plain U-Net", SKIP: "U-Net with skip", "": ""}
"""By network; "" is what is none."""
_DATA = {"rgb": "RGB", "bayer": "simulated Bayer raws"}


@dataclass(frozen=True)
class Block:
    """The rows of one network on one kind of data."""

    data: str
    network: str
    rows: tuple[Row, ...]
    alone: bool = True
    """All rows are of this kind of data."""

    @property
    def title(self) -> str:
        """Heading; the data are named where there are several kinds."""
        return self._joined(TITLES[self.network]) or "Results"

    @property
    def short(self) -> str:
        """The same in few words, for figures."""
        return self._joined(SHORT_TITLES[self.network])

    @property
    def tasks(self) -> list[str]:
        """Each task once."""
        return list(dict.fromkeys(row.task for row in self.rows))

    def of(self, task: str) -> list[Row]:
        """The rows of one task."""
        return [row for row in self.rows if row.task == task]

    def find(self, method: str, task: str = "denoise") -> Row | None:
        """The result of a method."""
        return next((row for row in self.of(task) if row.method == method), None)

    def by_labels(self, method: str) -> dict[int, Row]:
        """The results of a method by number of labels, fewest first."""
        found = {row.labels: row for row in self.rows if row.method == method and row.labels is not None}
        return dict(sorted(found.items()))

    def _joined(self, network: str) -> str:
        data = "" if self.alone else _DATA.get(self.data, self.data)
        return ": ".join(part for part in (data, network) if part)


def blocks(rows: Sequence[Row]) -> list[Block]:
    """One block for each network and kind of data; what is no network, as the noisy input, stands in each."""
    kinds = by_data(rows)
    return [
        Block(kind.data, network, tuple(row for row in kind.rows if row.network in (network, "")), kind.alone)
        for kind in kinds
        for network in [name for name in dict.fromkeys(row.network for row in kind.rows) if name] or [""]
    ]


def by_data(rows: Sequence[Row]) -> list[Block]:
    """One block for each kind of data, whatever the network."""
    kinds = dict.fromkeys(row.data for row in rows)
    return [Block(kind, "", tuple(row for row in rows if row.data == kind), len(kinds) == 1) for kind in kinds]
