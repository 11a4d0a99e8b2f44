"""The page of `gpu.py`, from what its parts have left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Result = Mapping[str, Any]
APPLY = ("decode", "network", "network in float32", "encode", "end to end")
TIMES, RATIOS = ("step", "resident", "network", "views"), ("step / network", "step / resident", "EMD / step")


def page(titles: Mapping[str, str], results: Mapping[str, Result], device: str) -> str:
    """Markdown; `titles` of all parts, by their names; `results` of those that were begun."""
    note = "" if device != "cpu" else "A rehearsal on the CPU with small sizes: its times say nothing of a GPU.\n\n"
    states = [state_row(title, results.get(name, {})) for name, title in titles.items()]
    sections = []
    for name, section in SECTIONS.items():
        if found := results.get(name, {}).get("result"):
            sections.append(f"## {titles[name]}\n\n{section(found)}\n")
    troubles = [trouble(titles[name], result) for name, result in results.items() if result.get("reason")]
    return f"""# On a GPU

Written by `make gpu` (`python docs/benchmarks/gpu.py --device {device}`); do not edit.

{note}{table(["part", "state", "seconds"], states)}

{chr(10).join([*sections, *troubles])}"""


def state_row(title: str, result: Result) -> list[str]:
    """A row of the first table."""
    return [title, result.get("status", "not started"), f"{result.get('seconds', 0.0):.0f}"]


def trouble(title: str, result: Result) -> str:
    """Why a part is not done."""
    return f"## {title}: {result['status']}\n\n```\n{result['reason']}\n```\n"


def environment(found: Result) -> str:
    """Device and versions."""
    return table(["", ""], [[name, str(value) or "not known"] for name, value in found.items()])


def tests(found: Result) -> str:
    """How many passed, which did not and why."""
    failed, skipped = found["failed"], found["skipped"]
    lines = [f"{found['passed']} passed, {len(failed)} failed, {len(skipped)} skipped.", ""]
    for kind, named in (("Failed", failed), ("Skipped", skipped)):
        lines += [f"- {kind}: `{name}`: {' '.join(reason.split())}" for name, reason in named.items()]
    lines += [f"- {name}: {value}" for name, value in found["notes"].items()]
    return "\n".join(lines)


def step(found: Result) -> str:
    """Times of both losses side by side."""
    names = [name for name in ("published", "ours") if name in found]
    about = found["settings"]
    size = " ".join(f"{key} {value}" for key, value in about["network"].items())
    head = f"U-Net {size}, batch {about['batch']}, crops {about['crop']}², RGB. Median (least – most), ms.\n\n"
    rows = [
        [what, *(milliseconds(found[name][what]) for name in names)]
        for what in ("step", "resident", "network", "views")
    ]
    rows.append(["EMD matrix, forward and backward", *(milliseconds(found["emd"]) for _ in names)])
    rows += [[what, *(f"{found[name][what]:.3f}" for name in names)] for what in RATIOS]
    rows.append(["peak memory, GiB", *(f"{found[name]['memory_gib']:.2f}" for name in names)])
    titles = {"published": "loss as published", "ours": "ours, noise known"}
    words = (
        "\n\nResident: the step on views that are on the device. Network: forward and backward of the step's 2N crops"
        " alone. Views: crops and noise, drawn on the CPU by threads, while the steps before are at work."
    )
    return head + table(["", *(titles[name] for name in names)], rows) + words


def apply(found: Result) -> str:
    """Times of a raw."""
    height, width = found["size"]
    tasks = [task for task in ("denoise", "demosaic") if task in found]
    rows = [[what, *(milliseconds(found[t][what]) for t in tasks)] for what in APPLY]
    rows.append(["peak memory, GiB", *(f"{found[task]['memory_gib']:.2f}" for task in tasks)])
    head = f"A Bayer raw of {height} × {width}, known noise, the shipped heads. Median (least – most), ms.\n\n"
    return head + table(["", *tasks], rows)


def table1(found: Result) -> str:
    """The rows that there are."""
    rows = [
        [row["method"], str(row["labels"]), f"{row['psnr_db']:.2f} ± {row['psnr_std']:.2f}", f"{row['ssim']:.4f}"]
        for row in found["rows"]
    ]
    head = f"`{found['command']}`; the paper's preset has 20000 steps.\n\n"
    return head + (table(["method", "labels", "PSNR (dB)", "SSIM"], rows) if rows else "No row is finished.")


def together(found: Result) -> str:
    """How far two processes are from one, and their times."""
    losses = found["losses"]
    names = dict.fromkeys(name for one in losses.values() for name in one["apart"])
    rows = [
        [name, *(f"{one['apart'][name]:.1e}" if name in one["apart"] else "" for one in losses.values())]
        for name in names
    ]
    rows += [
        [f"step, {words}, ms", *(f"{1000 * one[key]:.3g}" for one in losses.values())]
        for words, key in (("one process", "one_s"), ("two", "two_s"))
    ]
    head = f"A global batch of {found['batch']}. Relative difference to one process in the first step, in float32.\n\n"
    return head + table(["", *losses], rows)


SECTIONS = {
    **{"environment": environment, "tests": tests, "smoke": tests},
    **{"step": step, "apply": apply, "together": together, "table1": table1},
}


def milliseconds(times: Result) -> str:
    """Median and spread."""
    middle, least, most = (1000 * times[name] for name in ("median_s", "least_s", "most_s"))
    return f"{middle:.3g} ({least:.3g} – {most:.3g})"


def table(titles: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
