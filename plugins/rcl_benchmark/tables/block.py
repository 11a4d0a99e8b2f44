"""Rows that are compared with each other: one network on one kind of data. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rcl_benchmark.tables.paper import INPUT, NAMES, SL, name
from rcl_benchmark.tables.row import Row

PLAIN, SKIP = "plain", "skip"
_NETWORKS = {PLAIN: "Plain U-Net, as in the paper", SKIP: "U-Net that adds its result to its input"}
_ENLARGING = ("sr", "jdensr")
_DATA = {"rgb": "RGB", "bayer": "simulated Bayer raws"}
_PAPERS = ("table1", "table2", "table3")


def title_of(network: str) -> str:
    """A network as a heading; "" for what is none."""
    return _NETWORKS.get(network, network)


def short_of(network: str) -> str:
    """A network in few words, for figures."""
    return {PLAIN: "plain U-Net", SKIP: "U-Net with skip"}.get(network, network)


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
        return self._joined(title_of(self.network)) or "Results"

    @property
    def short(self) -> str:
        """The same in few words, for figures."""
        return self._joined(short_of(self.network))

    def _joined(self, network: str) -> str:
        data = "" if self.alone else _DATA.get(self.data, self.data)
        return ": ".join(part for part in (data, network) if part)

    @property
    def tasks(self) -> list[str]:
        """Each task once."""
        return list(dict.fromkeys(row.task for row in self.rows))

    def of(self, task: str) -> list[Row]:
        """The rows of one task."""
        return [row for row in self.rows if row.task == task]

    def find(self, method: str, task: str) -> Row | None:
        """The result of a method, with the most labels where it has several."""
        found = [row for row in self.of(task) if row.method == method]
        return max(found, key=lambda row: row.labels or 0, default=None)

    def pretrained(self) -> list[str]:
        """The methods of table 3 that start from a backbone."""
        return list(dict.fromkeys(row.method for row in self.rows if row.method.endswith(f"+{SL}")))

    def by_labels(self, method: str) -> dict[int, Row]:
        """The results of a method by number of labels, fewest first."""
        found = [row for row in self.rows if row.method == method and row.labels is not None]
        return {row.labels: row for row in sorted(found, key=lambda row: row.labels or 0) if row.labels is not None}


def shown(row: Row) -> str:
    """What a page calls the method of a row: in the paper's tables as the paper does."""
    if row.method == INPUT and row.task in _ENLARGING:
        return "enlarged input"
    return name(row.method) if row.table in _PAPERS or row.method == INPUT else row.method


def blocks(rows: Sequence[Row]) -> list[Block]:
    """One block for each network and kind of data; what is no network, as the noisy input, stands in each.

    The paper's tables keep its order, with the noisy input first; others are as measured.
    """
    order = {method: i for i, method in enumerate(NAMES)}
    listed = sorted(rows, key=lambda row: order.get(row.method, len(order)) if row.table in _PAPERS else 0)
    kinds = list(dict.fromkeys(row.data for row in rows))
    found = []
    for data in kinds:
        here = [row for row in listed if row.data == data]
        networks = [n for n in dict.fromkeys(row.network for row in rows if row.data == data) if n] or [""]
        found += [
            Block(data, n, tuple(row for row in here if row.network in (n, "")), len(kinds) == 1) for n in networks
        ]
    return found
