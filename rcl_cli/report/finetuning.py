"""A finetuning in charts: the loss of training and of validation, and what validation measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rcl_cli.report.kit import html
from rcl_cli.report.metrics import Row, curves, keys

_VALIDATED = "val_"
_UNITS = {"psnr_db": "PSNR, dB", "ssim": "SSIM", "loss": "loss"}


def finetuning_section(rows: Sequence[Row], title: str = "Training") -> str:
    """The charts, and the figures before and at the best validation; "" where there is nothing to say."""
    found = [key.removeprefix(_VALIDATED) for key in keys(rows) if key.startswith(_VALIDATED)]
    charts = [
        curves(
            rows,
            {"loss": "training", f"{_VALIDATED}loss": "validation"},
            "loss",
            "Loss: mean of the steps since the last validation, and on pictures held out.",
        ),
        *(
            curves(
                rows,
                {f"{_VALIDATED}{name}": name},
                _UNITS.get(name, name),
                f"{_UNITS.get(name, name)} on pictures held out.",
            )
            for name in found
            if name != "loss"
        ),
        curves(rows, {"learning_rate": "rate"}, "learning rate", "Learning rate."),
        *(
            curves(rows, {key: key}, key, f"{key}.")
            for key in keys(rows)
            if not key.startswith(_VALIDATED) and key not in ("loss", "learning_rate", "restored")
        ),
    ]
    back = [row for row in rows if "restored" in row]
    words = "; ".join(f"at step {row['step']:g} back to step {row['restored']:g}" for row in back[:10])
    remark = html.paragraph(f"It went astray and was taken back: {words}.", soft=True) if back else ""
    return html.section(title, html.grid(charts), _best(rows, found), remark)


def finetuning_facts(note: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, str]:
    """What the run is set to, and how far it has come."""
    settings = note.get("settings")
    said = settings if isinstance(settings, Mapping) else {}
    steps = f"{rows[-1]['step']:g}" if rows else "0"
    facts = {name: str(note.get(name) or "") for name in ("task", "domain", "network", "parent", "labels", "camera")}
    facts["backbone"] = facts.pop("parent")
    names = {"batch": "batch", "learning_rate": "learning rate", "freeze": "frozen backbone", "seed": "seed"}
    return {
        "steps": f"{steps} of {said['steps']}" if "steps" in said else steps,
        **facts,
        **{name: _words(said[key]) for key, name in names.items() if key in said},
        "pictures": str(note.get("data") or ""),
    }


def _best(rows: Sequence[Row], names: Sequence[str]) -> str:
    judged = [row for row in rows if all(f"{_VALIDATED}{name}" in row for name in names)] if names else []
    if not judged:
        return ""
    best = max(judged, key=_quality)
    lines = [(_UNITS.get(name, name), judged[0][f"{_VALIDATED}{name}"], best[f"{_VALIDATED}{name}"]) for name in names]
    first = f"step {judged[0]['step']:g}"
    return html.table(["on pictures held out", first, f"best, step {best['step']:g}"], lines)


def _words(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _quality(row: Row) -> float:
    return row.get(f"{_VALIDATED}psnr_db", -row.get(f"{_VALIDATED}loss", 0.0))
