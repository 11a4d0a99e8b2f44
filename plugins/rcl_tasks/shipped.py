"""Where the heads lie that come with these tasks."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from rcl_cli.domain import Domain


def shipped_head(task: str, domain: Domain) -> Path | None:
    """`heads/TASK-DOMAIN.safetensors` in this package; None where there is none."""
    path = Path(str(resources.files("rcl_tasks"))) / "heads" / f"{task}-{domain.value}.safetensors"
    return path if path.is_file() else None
