"""The page of one training run: a pretraining or a finetuning, by what its folder holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rcl_cli.errors import FileError, RclError
from rcl_cli.files import is_file
from rcl_cli.report.finetuning import finetuning_facts, finetuning_section
from rcl_cli.report.kit import html
from rcl_cli.report.metrics import NAME, Row, read_metrics
from rcl_cli.report.pretraining import pretraining_facts, pretraining_section

PRETRAINING, FINETUNING = "run.json", "finetune.json"


@dataclass(frozen=True)
class Run:
    """What a run's folder says."""

    folder: Path
    kind: Literal["pretraining", "finetuning"]
    note: Mapping[str, Any]
    """Its settings; empty where they cannot be read."""
    rows: list[Row]

    @property
    def facts(self) -> dict[str, str]:
        """What it is set to, and how far it has come."""
        return (pretraining_facts if self.kind == "pretraining" else finetuning_facts)(self.note, self.rows)

    def charts(self, title: str = "Training") -> str:
        """Its metrics; "" where there are none yet."""
        return (pretraining_section if self.kind == "pretraining" else finetuning_section)(self.rows, title)


def is_run(folder: Path) -> bool:
    """Whether a training run has left anything in `folder`."""
    return any(is_file(folder / name) for name in (PRETRAINING, FINETUNING, NAME))


def read_run(folder: Path) -> Run:
    """Raises FileError where nothing of it can be read."""
    rows = read_metrics(folder / NAME) if is_file(folder / NAME) else []
    validated = any(key.startswith("val_") for row in rows for key in row)
    kind: Literal["pretraining", "finetuning"] = "pretraining"
    if is_file(folder / FINETUNING) or (validated and not is_file(folder / PRETRAINING)):
        kind = "finetuning"
    note = _note(folder / (PRETRAINING if kind == "pretraining" else FINETUNING))
    if not rows and not note:
        raise FileError(folder, "holds a run of which nothing can be read")
    return Run(folder, kind, note, rows)


def run_page(folder: Path, *, store: Path | None = None) -> str:
    """The page. The residuals of a pretraining are computed anew from its pictures, where these are still there."""
    run = read_run(folder)
    lead = html.facts(run.facts)
    if not run.rows:
        lead += html.paragraph("No step has been logged yet.")
    more = _residuals(folder, store) if run.kind == "pretraining" and run.rows else ""
    return html.page(f"{run.kind.capitalize()} {folder.resolve().name}", lead, [run.charts(), more])


def _residuals(folder: Path, store: Path | None) -> str:
    from rcl_cli.report.residual_section import residual_section
    from rcl_cli.report.residuals import run_residuals

    try:
        return residual_section(run_residuals(folder, store))
    except (RclError, OSError, ValueError, MemoryError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        return html.section("Residuals", html.paragraph(f"They are not shown: {said}.", soft=True))


def _note(path: Path) -> Mapping[str, Any]:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}
