"""A table of the paper: which cells it has. What differs from table to table is in that table's own file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rcl_benchmark.engine.block import INPUT, PLAIN
from rcl_benchmark.engine.row import Row
from rcl_benchmark.engine.row_table import RowTable
from rcl_benchmark.tables.methods import METHODS, ORACLE, Method
from rcl_benchmark.tables.presets import Preset
from rcl_cli.evaluate.settings import Protocol


@dataclass(frozen=True)
class Cell:
    """One row to be measured."""

    table: str
    name: str
    """`Row.method`."""
    method: Method
    """How its backbone is made."""
    task: str
    network: str
    """"" for what is no network."""
    protocol: Protocol | None
    """None: there is nothing to train, the input itself is measured."""
    by_itself: bool = False
    """What the backbone gives without labels is measured as well."""

    @property
    def title(self) -> str:
        """Names it among the cells of all tables."""
        labels = self.protocol and f"{'all' if self.protocol.labels is None else self.protocol.labels} labels"
        return ", ".join(part for part in (self.table, self.name, self.task, self.network, labels) if part)


class Table(RowTable):
    """One of the paper's, by default with each method on each task."""

    help: str
    """Of the verb."""
    methods: ClassVar[Mapping[str, Method]]
    """By row, as `--method` takes them."""
    tasks: Sequence[str] = ("denoise",)
    networks: Sequence[str] = (PLAIN,)
    """Those that it is measured with unless the user says otherwise."""
    zero = ORACLE

    def shown(self, row: Row) -> str:
        return self.methods[row.method].shown

    def cells(
        self, preset: Preset, pictures: int, *, methods: Sequence[str] = (), networks: Sequence[str] = ()
    ) -> list[Cell]:
        """In the order of the rows. `pictures`: to train on. Empty `methods`: all; `networks`: the default."""
        names = [name for name in self.methods if name in methods or not methods]
        kinds = tuple(networks) or self.networks
        return [cell for task in self.tasks for name in names for cell in self._row(name, task, kinds, preset)]

    def input(self, task: str) -> Cell:
        """The noisy input."""
        return Cell(self.name, INPUT, METHODS[INPUT], task, "", None)

    def _row(self, name: str, task: str, networks: Sequence[str], preset: Preset) -> list[Cell]:
        if name == INPUT:
            return [self.input(task)]
        protocol = preset.oracle() if name == ORACLE else preset.proxy
        return [Cell(self.name, name, self.methods[name], task, network, protocol) for network in networks]
