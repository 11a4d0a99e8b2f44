"""Networks that a file describes are built only as large as what the file holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)

from rcl_cli.errors import RclError

_SPARE, _TIMES = 1_000_000, 4
"""Layers may be made and replaced while a module is built."""


class TooLarge(RclError):
    """A module that is being built has more elements than it may have."""


@contextmanager
def allowance(elements: int) -> Iterator[None]:
    """In the block this thread's modules may register some four times `elements`; then TooLarge is raised.

    A layer allocates without touching the memory, registers, and only then draws its values, so that the block takes
    no more memory than that.
    """
    left = _SPARE + _TIMES * elements
    thread = threading.get_ident()

    def count(module: nn.Module, name: str, tensor: Tensor | None) -> None:
        nonlocal left
        if threading.get_ident() == thread and tensor is not None:
            left -= tensor.numel()
            if left < 0:
                raise TooLarge(f"more than {_SPARE + _TIMES * elements} elements")

    hooks = [
        register_module_parameter_registration_hook(count),
        register_module_buffer_registration_hook(count),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
