"""`truth.json`: what noise each made-up file in a folder holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rcl_cli.disk.write import write_text
from rcl_cli.errors import FileError

TRUTH_NAME = "truth.json"
TRUTH_FORMAT = "rcl-truth"

Record = dict[str, Any]


def update_truth(folder: Path, records: Mapping[str, Record]) -> None:
    """Add records, by file name, to the folder's truth file. Raises FileError if that is something else."""
    path = folder / TRUTH_NAME
    known = {**read_truth(path), **records}
    lines = ",\n    ".join(json.dumps(known[name]) for name in sorted(known))
    write_text(path, f'{{"format": "{TRUTH_FORMAT}", "files": [\n    {lines}\n]}}\n', overwrite=True)


def read_truth(path: Path) -> dict[str, Record]:
    """The records of a truth file by their `file`; none where there is no file. Raises FileError as above."""
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != TRUTH_FORMAT:
            raise ValueError(content["format"])
        return {record["file"]: record for record in content["files"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(path, "is no truth file of rcl; move it away or choose another folder") from error
