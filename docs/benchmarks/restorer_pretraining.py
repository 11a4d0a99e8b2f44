"""What RCL's pretraining is worth for the network of the shipped heads: `python FILE PHOTOGRAPHS TEST WORK`.

A backbone is pretrained on simulated noisy raws of PHOTOGRAPHS, without their clean versions. It and fresh networks
then learn each task from 10, 100 or all of the photographs. Each step is one call of `rcl`; what WORK has is kept, so
that a run goes on where it was. Writes restorer-pretraining.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("restorer-pretraining.md")
LABELS = (10, 100, 0)
"""0: all."""
TASKS = ("demosaic", "denoise")
SIMULATE = "simulate {photographs} -o {work}/raws --domain bayer"
PRETRAIN = "pretrain {work}/raws/noisy -o {work}/run --network restorer --steps 1500 --batch 8 --crop 48"
JUDGE = (
    "judge {backbone} --task {task} --mode finetune --noise-map --clean {photographs} --test {test} --labels {labels} "
    "--trials 2 --steps 800 --batch 4 --crop 48 --json"
)
FRESH = "none --network restorer --domain bayer"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", type=Path, help="folder of clean pictures to learn from")
    parser.add_argument("test", type=Path, help="folder of other clean pictures to test on")
    parser.add_argument("work", type=Path, help="folder for raws, the backbone and what is measured")
    given = parser.parse_args()
    places = {"photographs": given.photographs, "test": given.test, "work": given.work}
    given.work.mkdir(parents=True, exist_ok=True)
    os.environ["RCL_STORE"] = str(given.work / "store")
    backbone = given.work / "run" / "backbone.safetensors"
    if not backbone.exists():
        rcl(SIMULATE, places)
        rcl(PRETRAIN, places)
    count = sum(path.is_file() for path in given.photographs.iterdir())
    found = given.work / "judged.json"
    rows: dict[str, dict[str, float]] = json.loads(found.read_text()) if found.exists() else {}
    for task in TASKS:
        for labels in LABELS:
            for name, start in (("fresh", FRESH), ("rcl", str(backbone))):
                key = f"{task} {labels or count} {name}"
                if key not in rows:
                    judged = rcl(JUDGE, {**places, "backbone": start, "task": task, "labels": labels or count})
                    rows[key] = json.loads(judged.splitlines()[-1])
                    found.write_text(json.dumps(rows, indent=1))
    PAGE.write_text(page(rows), encoding="utf-8")


def rcl(words: str, places: dict[str, object]) -> str:
    """Run a verb; its standard output."""
    print("rcl", words.format(**places), file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "rcl_cli", *shlex.split(words.format(**places))]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def page(rows: dict[str, dict[str, float]]) -> str:
    """The page."""
    lines = []
    for key in rows:
        task, labels, name = key.split()
        if name == "fresh":
            fresh, rcl_ = rows[key], rows[f"{task} {labels} rcl"]
            shown = (f"{row['psnr_db']:.2f} ± {row['psnr_std']:.2f}" for row in (fresh, rcl_))
            lines.append(f"| {task} | {labels} | {' | '.join(shown)} | {rcl_['psnr_db'] - fresh['psnr_db']:+.2f} |")
    table = "\n".join(lines)
    steps = "\n".join(f"rcl {words}" for words in (SIMULATE, PRETRAIN, JUDGE))
    return f"""# What pretraining is worth for the network of the shipped heads

A `restorer` learns from few clean photographs, fresh or after residual contrastive learning on noisy raws of the same
photographs. PSNR in dB of linear values, mean ± standard deviation over two trials of the same crops and noise.

| task | labels | fresh | after RCL | difference |
| --- | ---: | ---: | ---: | ---: |
{table}

Written by `docs/benchmarks/restorer_pretraining.py`, which calls

```sh
{steps}
```

where the backbone of a fresh network is `{FRESH}`.
"""


if __name__ == "__main__":
    main()
