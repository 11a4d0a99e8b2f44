"""Several processes that do one training: its results are those of one process with the whole batch.

Every process draws the whole batch and takes the loss of the whole batch, by the same numbers. Divided is the network
alone, in which nearly all of the time is spent: each process has a part of the batch in it, all get the results of all
parts, and the gradients of the weights are summed. So a loss need not know of it, whatever it compares with whatever.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous

from rcl_cli.errors import RclError
from rcl_cli.train.device import choose_device
from rcl_cli.train.launch import Place

T = TypeVar("T")
_meetings = itertools.count()
_PATIENCE = timedelta(days=7)
"""While the first process decodes thousands of pictures, the others wait; one that has ended is noticed anyway."""


class Lost(RclError):
    """Another process of the training has ended."""


class Processes:
    """One process that does everything."""

    count = 1
    first = True
    """Whether it is the one that speaks and writes."""
    leads = True
    """Whether it is the first on its machine."""

    def __init__(self, device: str = "auto") -> None:
        self.device = device
        """The name of this process's device."""
        self.option = ""
        """What makes a command start as many processes."""

    def given(self, make: Callable[[], T]) -> T:
        """What `make` returns in the first process, in all of them."""
        return make()

    def wait(self) -> None:
        """Until all processes are here."""

    def agree(self, value: object) -> bool:
        """Whether it is the same in all processes."""
        return True

    def any(self, flag: bool) -> bool:
        """Whether it is true in any process."""
        return flag

    def divided(self, network: Callable[..., Tensor], *inputs: Tensor | None) -> Tensor:
        """`network(*inputs)`, (N, …), of inputs (N, …), of which each process does a part.

        `network` does with each item of a batch what it does with it alone.
        """
        return network(*inputs)

    def share(self, module: nn.Module) -> None:
        """From now on the gradients of the module, which `divided` calls alone, are sums over all processes.

        Raises RclError for one that mixes the items of a batch.
        """

    def require_same(self, pictures: object) -> None:
        """Raises RclError where what is known of the pictures is not the same in all processes."""
        if not self.agree(pictures):
            raise RclError("the processes see different pictures; give paths that are the same on all machines")


ALONE = Processes()


@contextmanager
def processes(device: str = "auto") -> Iterator[Processes]:
    """Those that torchrun or `launch` has started, for a training on devices of this name; else this one alone.

    One device each, where a machine has as many CUDA devices and the name does not say which. Raises RclError where it
    is not said how they find each other.
    """
    place = Place.here()
    if place is None:
        yield Processes(device)
        return
    place.require_meeting()
    name, own = _own_device(place, device)
    with _heard():
        store = dist.PrefixStore(f"rcl-{next(_meetings)}", _store(place))  # type: ignore[attr-defined]
        dist.init_process_group("gloo", store=store, rank=place.rank, world_size=place.count, timeout=_PATIENCE)
    try:
        yield _Together(place, name, own)
    finally:
        with suppress(RuntimeError):
            dist.destroy_process_group()


@cache
def _store(place: Place) -> Any:
    """Where the processes find each other, as long as they live: a script may do several trainings, one by one."""
    return next(rendezvous(place.meeting, place.rank, place.count, timeout=_PATIENCE))[0]


class _Together(Processes):
    """One of several processes."""

    def __init__(self, place: Place, device: str, own: bool) -> None:
        super().__init__(device)
        self.count, self.rank = place.count, place.rank
        self.option = "" if place.parent is None else f" --processes {place.count}"
        self.first, self.leads = place.rank == 0, place.local_rank == 0
        # NCCL wants a device for each process; gloo carries by way of the processor.
        self._fast = None if self.any(not own) else dist.new_group(backend="nccl", timeout=_PATIENCE)

    def given(self, make: Callable[[], T]) -> T:
        made: list[Any] = [make() if self.first else None]
        with _heard():
            dist.broadcast_object_list(made, 0)
        found: T = made[0]
        return found

    def wait(self) -> None:
        with _heard():
            dist.barrier()

    def agree(self, value: object) -> bool:
        return not self.any(self.given(lambda: value) != value)

    def any(self, flag: bool) -> bool:
        found = torch.tensor(int(flag))
        with _heard():
            dist.all_reduce(found, dist.ReduceOp.MAX)
        return bool(found)

    def divided(self, network: Callable[..., Tensor], *inputs: Tensor | None) -> Tensor:
        result = network(*(None if whole is None else self._part(whole) for whole in inputs))
        gathered: Tensor = _Gathered.apply(result, self, next(len(x) for x in inputs if x is not None))  # type: ignore[no-untyped-call]
        return gathered

    def share(self, module: nn.Module) -> None:
        if any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in module.modules()):
            raise RclError(
                "this network normalises by its batch, of which each process would see a part; train in one process"
            )
        for parameter in module.parameters():
            if parameter.requires_grad:
                parameter.register_hook(self.summed)  # type: ignore[no-untyped-call]

    def own(self, count: int) -> slice:
        """This process's part of `count` items."""
        return slice(*(count * rank // self.count for rank in (self.rank, self.rank + 1)))

    def gathered(self, part: Tensor, count: int) -> Tensor:
        """The parts of all processes as one batch of `count`."""
        sizes = [count * (rank + 1) // self.count - count * rank // self.count for rank in range(self.count)]
        sent = torch.zeros((max(sizes), *part.shape[1:]), dtype=part.dtype, device=self._carrier(part))
        sent[: len(part)] = part
        found = [torch.empty_like(sent) for _ in sizes]
        with _heard():
            dist.all_gather(found, sent, group=self._fast)
        return torch.cat([one[:size] for one, size in zip(found, sizes, strict=True)]).to(part.device)

    def summed(self, part: Tensor) -> Tensor:
        """The sum over all processes."""
        # Laid out plainly for the way, and in the end as it came.
        sent = torch.empty(part.shape, dtype=part.dtype, device=self._carrier(part)).copy_(part)
        with _heard():
            dist.all_reduce(sent, group=self._fast)
        return torch.empty_like(part).copy_(sent)

    def _part(self, whole: Tensor) -> Tensor:
        if not whole.requires_grad:
            return whole[self._inside(len(whole))]
        part: Tensor = _Part.apply(whole, self)  # type: ignore[no-untyped-call]
        return part

    def _inside(self, count: int) -> slice:
        """As `own`; one item where that is empty: networks need something to work on."""
        own = self.own(count)
        return own if own.start < own.stop else slice(0, 1)

    def _carrier(self, tensor: Tensor) -> torch.device:
        return torch.device("cpu") if self._fast is None else tensor.device


class _Gathered(torch.autograd.Function):
    """The results of all parts. All processes take the same loss of them, so each has its part of the gradient."""

    @staticmethod
    def forward(ctx: Any, part: Tensor, team: _Together, count: int) -> Tensor:
        ctx.own, ctx.length = team.own(count), len(part)
        return team.gathered(part[: ctx.own.stop - ctx.own.start], count)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        part = gradients[0][ctx.own]
        if len(part) < ctx.length:  # of an item that was there to have one
            part = part.new_zeros((ctx.length, *part.shape[1:]))
        return part, None, None


class _Part(torch.autograd.Function):
    """This process's part of what all of them have; its gradient is put together from all parts."""

    @staticmethod
    def forward(ctx: Any, whole: Tensor, team: _Together) -> Tensor:
        ctx.team, ctx.count = team, len(whole)
        return whole[team._inside(len(whole))].clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        own = ctx.team.own(ctx.count)
        return ctx.team.gathered(gradients[0][: own.stop - own.start], ctx.count), None


def _own_device(place: Place, name: str) -> tuple[str, bool]:
    """The name of the process's device, and whether no other process has it."""
    device = choose_device(name)
    if device.type != "cuda" or device.index is not None:
        return name, False
    devices = torch.cuda.device_count()
    device = torch.device("cuda", place.local_rank % devices)
    torch.cuda.set_device(device)
    return str(device), place.local_count <= devices


@contextmanager
def _heard() -> Iterator[None]:
    """What torch raises where another process does not answer becomes Lost."""
    try:
        yield
    except RuntimeError as error:
        raise Lost("another process of this training has ended; go on from what is saved with --resume") from error
