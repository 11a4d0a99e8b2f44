"""The verbs of `rcl`, so that they can be listed without importing them."""

from __future__ import annotations

SECTIONS: dict[str, dict[str, str]] = {
    "From a folder of raws to finished files": {
        "calibrate": "Measure the noise of the cameras that took PATHS, files or folders.",
        "profiles": "Show and exchange the noise profiles of cameras, and write them into DNGs.",
        "pretrain": "Pretrain a backbone on noisy pictures, without labels.",
        "finetune": "Train a head for a task, with few labels.",
        "apply": "Run a task on files and folders.",
        "evaluate": "Compare a task's results with clean files: PSNR in dB and SSIM.",
        "judge": "Judge a backbone by what a few labels make of it.",
    },
    "Synthetic data and benchmarks": {
        "demo": "Go the whole way once, on made-up raws, in a few minutes.",
        "samples": "Write raw DNGs of made-up scenes to DIR, to try everything with.",
        "simulate": "Make noisy/clean pairs from CLEAN pictures or folders of them.",
    },
    "Inspect": {
        "info": "Say what FILES are: camera raws, pictures, noise profiles (JSON) or models.",
        "models": "List the models at hand, newest first.",
        "tasks": "List the tasks and who provides them, or say what NAME is and which options it has.",
        "pretexts": "List the pretexts and who provides them, or say what NAME is and which options it has.",
        "networks": "List the networks and who provides them, or say what NAME is and which options it has.",
        "plugins": "Load every plugin and say which ones work.",
    },
}
"""Section of `rcl --help` → verb, a module of `rcl_cli.cli.commands` → the first sentence of its help."""
OTHERS = "More"
"""The section of plugged-in verbs."""
