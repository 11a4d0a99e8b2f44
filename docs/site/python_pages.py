"""The Python reference: a page for each package, made from the docstrings of what it makes public."""

from __future__ import annotations

GROUPS = {
    "rcl_cli": {
        "Reading and writing": "read write Raw Frame RawFrame RgbFrame Picture",
        "Noise": "estimate_noise calibrate NoiseProfile",
        "Running a task": "load Model Result apply",
        "Training": "pretrain finetune",
        "Errors": "RclError FileError",
        "What plugins are made of": "Domain Task Pretext PretextSetup Batch Views Losses NoiseLevel Pictures Restorer "
        "Network FileFormat option hookimpl",
        "Parts for plugins": "from_rgb bilinear add_noise add_noises sigma_map ResidualHead UpsamplingHead PlainHead",
        "Tests for plugins": "check_task check_pretext check_network",
    },
    "rcl_calibration": {
        "Measuring": "Lattice estimate measure pool estimate_pair",
        "Noise profiles": "NoiseProfile profiles_text read_profiles",
    },
}
"""What is public, in the order of the page; the tests compare it with `__all__`."""


def page_of_package(package: str) -> str:
    """The page, relative to docs/."""
    return f"api/{package}.md"


def reference(package: str) -> str:
    """The text of the page, for mkdocstrings."""
    parts = [f"# {package}\n\nMade from the docstrings. [Python](../python.md) has the overview.\n"]
    for title, names in GROUPS[package].items():
        parts.append(f"## {title}\n")
        parts += [f"::: {package}.{name}\n" for name in names.split()]
    return "\n".join(parts)
