"""A pretraining in charts: its losses, what the residuals tell apart, and how large they are."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rcl_cli.report.kit import html
from rcl_cli.report.metrics import Row, curves, keys

_CONSISTENCY = {
    "consistency": "in the encoder's eyes",
    "recorrupted": "between noisier copies",
    "neighbours": "between neighbours",
}
_POSITIVE, _NEGATIVE, _GRADIENT = "_positive", "_negative", "gradient_"
_UNSHOWN = frozenset(["crops_per_s"])


def pretraining_section(rows: Sequence[Row], title: str = "Training", words: str = "") -> str:
    """All that a run's metrics say, whichever pretext they are of, below a few words; "" where they say nothing."""
    found = keys(rows)
    prefixes = [key.removesuffix(_POSITIVE) for key in found if key.endswith(_POSITIVE)]
    prefixes = [prefix for prefix in prefixes if f"{prefix}{_NEGATIVE}" in found]
    gradients = {key: key.removeprefix(_GRADIENT) for key in found if key.startswith(_GRADIENT)}
    kinds = {key: name for key, name in _CONSISTENCY.items() if key in found}
    known = {"total", "contrast", "residual_dn", "accuracy", *_CONSISTENCY, *gradients, *_UNSHOWN}
    known |= {f"{prefix}{end}" for prefix in prefixes for end in (_POSITIVE, _NEGATIVE)}
    charts = [
        curves(rows, {"total": "total"}, "loss", "The loss that is minimised: all terms, weighted."),
        curves(rows, {"contrast": "contrast"}, "nats", "Contrast: how hard pictures are to tell apart by residuals."),
        curves(rows, kinds, "loss", f"Consistency, {' and '.join(kinds.values())}: the picture is kept."),
        curves(rows, {"residual_dn": "|r|"}, "|r|, 1/255", "Mean size of the residual, what the network takes away."),
        *(_distance(rows, prefix) for prefix in prefixes),
        curves(rows, {"accuracy": "accuracy"}, "share", "Pictures told from all others of the batch."),
        curves(rows, gradients, "norm", "Gradient of each term: which of them steers the network.", log_y=True),
        *(curves(rows, {key: key}, key, f"{key}.") for key in found if key not in known),
    ]
    drawn = html.grid(charts)
    return html.section(title, html.paragraph(words) if words and drawn else "", drawn)


def pretraining_facts(note: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, str]:
    """What the run is set to, and how far it has come."""
    settings = note.get("settings")
    said = settings if isinstance(settings, Mapping) else {}
    names = ("pretext", "network", "domain", "batch", "crop", "lr", "seed")
    facts = {name: str(said[name]) for name in names if name in said}
    speeds = [row["crops_per_s"] for row in rows if "crops_per_s" in row]
    steps = f"{rows[-1]['step']:g}" if rows else "0"
    return {
        "steps": f"{steps} of {said['steps']}" if "steps" in said else steps,
        **facts,
        "pictures": str(note.get("data") or ""),
        "speed": f"{statistics.median(speeds):.0f} crops/s" if speeds else "",
    }


def _distance(rows: Sequence[Row], prefix: str) -> str:
    name = prefix.upper() if len(prefix) < 4 else prefix
    unit = f"{name}, 1/255" if prefix == "emd" else name
    named = {f"{prefix}{_POSITIVE}": "same picture", f"{prefix}{_NEGATIVE}": "another picture"}
    return curves(rows, named, unit, f"{name} of residuals: positive pairs and negative pairs.", log_y=True)
