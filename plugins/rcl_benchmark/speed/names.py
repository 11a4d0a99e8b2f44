"""The parts of the page by name, in its order."""

from __future__ import annotations

START, CALIBRATE, EMD, STEP, APPLY = "start", "calibrate", "emd", "step", "apply"
PEERS, WORKERS, SCALE = "peers", "workers", "scale"
PARTS = {
    START: "Starting",
    CALIBRATE: "Calibrating a raw",
    EMD: "Earth mover's distances",
    STEP: "A training step",
    APPLY: "Applying a task to raws",
    PEERS: "Demosaicing and denoising beside other tools",
    WORKERS: "Many machines",
    SCALE: "Many files",
}
"""Headings by name."""
