"""Which cells make each table. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rcl_benchmark.tables.methods import (
    FROM_SCRATCH,
    INPUT,
    METHODS,
    NETWORKS,
    NO_CONTRAST,
    ORACLE,
    PLAIN,
    RCL_NEIGHBOURS,
    RCL_PUBLISHED,
    Method,
)
from rcl_benchmark.tables.presets import Preset
from rcl_cli.errors import RclError
from rcl_cli.evaluate.settings import Protocol

_TABLE1 = tuple(name for name in METHODS if name not in ("supervised", FROM_SCRATCH))
_TABLE2 = (INPUT, "noise2noise", "noise2self", "rcl-bd", "rcl-mmd", "rcl-emd", "supervised", ORACLE)
_TABLE2_TASKS = ("sr", "jdensr")
_TABLE3 = {
    INPUT: INPUT,
    FROM_SCRATCH: FROM_SCRATCH,
    "consistency+sl": "consistency",
    "noise2noise+sl": "noise2noise",
    "rcl-published+sl": RCL_PUBLISHED,
    "rcl-no-contrast+sl": NO_CONTRAST,
    "rcl-neighbours+sl": RCL_NEIGHBOURS,
    "rcl+sl": "rcl-emd",
}
"""The rows of table 3, and the backbones that they start from."""


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


def method_names(table: str) -> tuple[str, ...]:
    """The rows of a table, as `--method` takes them."""
    return {"table1": _TABLE1, "table2": _TABLE2, "table3": tuple(_TABLE3)}[table]


def networks_of(table: str) -> tuple[str, ...]:
    """The networks that a table is measured with by default: table 3 shows both, the others the paper's."""
    return NETWORKS if table == "table3" else (PLAIN,)


def cells(
    table: str, preset: Preset, pictures: int, *, methods: Sequence[str] = (), networks: Sequence[str] = ()
) -> list[Cell]:
    """The cells of a table in the order of its rows. `pictures`: to train on. Empty `methods` or `networks`: all.

    Raises RclError for a method that the table has not.
    """
    known = method_names(table)
    if unknown := sorted(set(methods).difference(known)):
        raise RclError(f"{table} has no method {unknown[0]}; it has {', '.join(known)}")
    names = [name for name in known if name in methods or not methods]
    kinds = tuple(networks) or networks_of(table)
    if table == "table3":
        trained = [name for name in names if name != INPUT]
        inputs = [_input(table, "denoise")] if INPUT in names else []
        return inputs + [
            cell for kind in kinds for name in trained for cell in _by_labels(name, kind, preset, pictures)
        ]
    tasks = _TABLE2_TASKS if table == "table2" else ("denoise",)
    return [cell for task in tasks for name in names for cell in _by_network(table, name, task, kinds, preset)]


def _by_network(table: str, name: str, task: str, networks: Sequence[str], preset: Preset) -> list[Cell]:
    if name == INPUT:
        return [_input(table, task)]
    protocol = preset.oracle() if name == ORACLE else preset.proxy
    return [Cell(table, name, METHODS[name], task, network, protocol) for network in networks]


def _input(table: str, task: str) -> Cell:
    return Cell(table, INPUT, METHODS[INPUT], task, "", None)


def _by_labels(name: str, network: str, preset: Preset, pictures: int) -> list[Cell]:
    method = METHODS[_TABLE3[name]]
    counts = [count for count in preset.label_counts if count < pictures and (count or method.pretrained)]
    return [
        Cell("table3", name, method, "denoise", network, replace(preset.finetune, labels=count))
        for count in (*counts, pictures)
    ]
