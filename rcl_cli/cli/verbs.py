"""The verbs of `rcl`, so that they can be listed without importing them."""

from __future__ import annotations

SECTIONS: dict[str, dict[str, str]] = {
    "Workflow": {
        "calibrate": "Measure the noise of images, or of cameras and ISOs.",
        "profiles": "Show and exchange the noise profiles of cameras, and write them into DNGs.",
        "pretrain": "Pretrain a backbone on noisy pictures, without labels.",
        "finetune": "Train a head for a task from a few labels.",
        "apply": "Run a task on files and folders.",
        "export": "Export a head, so that programs without rcl or torch can use it.",
        "evaluate": "Score the results of a task against clean files: PSNR and SSIM.",
        "compare": "Compare pictures before and after: figures, and a PNG side by side.",
        "report": "Make a page about runs, noise profiles or results, for a browser.",
        "logs": "Put together what the parts of a divided batch have logged.",
        "judge": "Measure how well a backbone learns a task from few labels.",
    },
    "Synthetic data and benchmarks": {
        "demo": "Run the whole workflow once on synthetic raws, in a few minutes.",
        "samples": "Write synthetic raws with known noise, as DNG files.",
        "simulate": "Make noisy/clean pairs from clean pictures.",
    },
    "Inspect": {
        "info": "Show what files are: raws, pictures, noise profiles or models.",
        "models": "List the models in the store and the shipped heads.",
        "tasks": "List the tasks, or describe one and its options.",
        "pretexts": "List the pretexts, or describe one and its options.",
        "networks": "List the networks, or describe one and its options.",
        "plugins": "Load every plugin and report which ones work.",
        "config": "Show the value of each option, and where it comes from.",
        "doctor": "Show what is installed, which device is used, and where things are.",
    },
}
"""Section of `rcl --help` → verb, a module of `rcl_cli.cli.commands` → the first sentence of its help."""
BELOW = {"profiles": ("show", "merge", "export", "stamp"), "logs": ("merge",)}
"""Verbs that have verbs below them, which may be taken for verbs themselves."""
OTHERS = "From plugins"
"""The section of plugged-in verbs."""
