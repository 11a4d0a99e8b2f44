"""Who made the photographs that heads are trained on: `python -m rcl_tasks.credits TABLE.tsv > PHOTOGRAPHS.md`."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_COLUMNS = ("file", "author", "licence", "source")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="tab-separated, with the columns file, author, licence and source")
    sys.stdout.write(page(read_table(parser.parse_args().table)))


def read_table(path: Path) -> list[dict[str, str]]:
    """A row for each photograph. Raises KeyError where a column is missing."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: row[name] for name in _COLUMNS} for row in csv.DictReader(file, delimiter="\t")]


def licences(rows: Iterable[Mapping[str, str]]) -> dict[str, int]:
    """How many photographs there are of each licence, the most frequent first."""
    count: dict[str, int] = {}
    for row in rows:
        name = row["licence"].partition(" (")[0]
        count[name] = count.get(name, 0) + 1
    return dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))


def page(rows: list[dict[str, str]]) -> str:
    """Markdown, a row for each photograph."""
    counts = ", ".join(f"{count} {name}" for name, count in licences(rows).items())
    table = [_COLUMNS, ("---",) * len(_COLUMNS), *(tuple(row[name] for name in _COLUMNS) for row in rows)]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table]
    return (
        "# The photographs\n\n"
        f"The shipped heads were trained on {len(rows)} photographs ({counts}), reduced in linear light. "
        "None of them is in this package.\n\n" + "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    main()
