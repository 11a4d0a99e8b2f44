"""`rcl models`: the models at hand, those of the store and those that come with the tasks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from rcl_cli.cli.console import json_head, new_table, print_json_line, print_table, say
from rcl_cli.cli.options.shared import STORE, json_option

if TYPE_CHECKING:
    from rcl_cli.errors import FileError
    from rcl_cli.models.contract import Contract
    from rcl_cli.models.store import Store


@click.command()
@STORE
@json_option("each model")
def command(store: Path | None, as_json: bool) -> None:
    """List the models in the store and the shipped heads.

    The models of the store come first, the newest at the top. Their names are what --model and --backbone take.
    `rcl apply` uses the newest head in the store that fits, else the head shipped with the task. Below a head is what
    `rcl export --twin` made of it, for `rcl apply --engine onnx`.
    """
    from rcl_cli.models.store import Store

    opened = Store.open(store)
    own, failed = opened.scan()
    rows = [_describe(model.path, model.header, "store") for model in own] + _shipped()
    rows, stale = _with_exported(rows, opened)
    broken = [*failed, *stale]
    if as_json:
        for row in rows:
            print_json_line({**json_head(row["kind"], row["path"]), **row})
        for error in broken:
            print_json_line(json_head("unknown", error.path, "failed", error.reason))
    elif rows:
        table = new_table(
            "name", "kind", "task", "domain", "network", "camera", "scale", "step", "MB", "from", "path",
            right=("scale", "step", "MB"),
        )  # fmt: skip
        for row in rows:
            step = "" if row["step"] is None else row["step"]
            cells = {**row, "MB": f"{row['bytes'] / 1e6:.2f}", "scale": f"{row['scale']}×", "step": step}
            keys = ("name", "kind", "task", "domain", "network", "camera", "scale", "step", "MB", "from", "path")
            table.add_row(*(escape(str(cells[key])) for key in keys))
        print_table(table)
    else:
        say(f"There are no models in the store {opened.root}, and no shipped heads.")
    for error in broken:
        say(f"Left out: {error}")


def _shipped() -> list[dict[str, Any]]:
    from rcl_cli.errors import CheckpointError
    from rcl_cli.models.header import read_header
    from rcl_cli.plugins.entries import TASKS, entries
    from rcl_cli.task import load_tasks

    sources = {entry.name: entry.source for entry in entries(TASKS)}
    rows = []
    for name, task in load_tasks().items():
        for domain in sorted(task.domains, key=lambda domain: domain.value):
            path = task.default_head(domain)
            if path is None:
                continue
            try:
                rows.append(_describe(path, read_header(path), sources[name]))
            except CheckpointError as error:
                say(f"Left out: {error}")
    return rows


def _with_exported(rows: list[dict[str, Any]], store: Store) -> tuple[list[dict[str, Any]], list[FileError]]:
    """The rows, each exported head below the one that it was made of, and why some are left out."""
    from rcl_cli.models.twins import scan_exported

    first = {row["name"]: row for row in reversed(rows)}
    found, broken = scan_exported(store, {name: row["path"] for name, row in first.items()})
    below = {path.stem: _exported(path, contract, first.get(path.stem)) for path, contract in found.items()}
    listed = []
    for row in rows:
        listed.append(row)
        if row["name"] in below and row is first[row["name"]]:
            listed.append(below.pop(row["name"]))
    return [*listed, *below.values()], broken


def _exported(path: Path, contract: Contract, source: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "name": path.stem,
        "kind": "exported",
        "task": contract.task,
        "domain": contract.domain.value,
        "network": source["network"] if source else "",
        "camera": contract.camera,
        "scale": contract.scale,
        "step": source["step"] if source else None,
        "bytes": path.stat().st_size,
        "from": "store",
        "path": path,
    }


def _describe(path: Path, header: Any, source: str) -> dict[str, Any]:
    return {
        "name": path.stem,
        "kind": header.kind,
        "task": header.task,
        "domain": header.domain.value,
        "network": header.network,
        "camera": header.camera,
        "scale": header.scale,
        "step": header.step,
        "bytes": path.stat().st_size,
        "from": source,
        "path": path,
    }
