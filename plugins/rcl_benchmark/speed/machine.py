"""What a machine can do, in words that name no machine."""

from __future__ import annotations

from pathlib import Path

from rcl_benchmark.engine.page import hardware

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_CPUINFO = Path("/proc/cpuinfo")
_ISA = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16")
"""Flags that decide how fast convolutions are."""


def facts() -> list[str]:
    """Processor, caches and instructions, and what torch makes of them; what the system does not say is left out."""
    import torch

    said = [f"Processor: {hardware()}"]
    if caches := _caches():
        said.append(f"Caches of a core: {', '.join(caches)}")
    if flags := _flags():
        said.append(f"Instructions: {', '.join(flags)}")
    used = f"{torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}"
    said.append(f"torch {torch.__version__} uses {torch.backends.cpu.get_cpu_capability()} and {used}")
    return said


def _caches() -> list[str]:
    found = []
    for index in sorted(_CACHES.glob("index*")):
        level, kind, size = (_text(index / name) for name in ("level", "type", "size"))
        if size and kind != "Instruction":
            found.append(f"L{level} {size}")
    return found


def _flags() -> list[str]:
    lines = [line for line in _text(_CPUINFO).splitlines() if line.startswith(("flags", "Features"))]
    there = set(lines[0].split()) if lines else set()
    return [flag for flag in _ISA if flag in there]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
