"""What a plugin's code gets wrong after it was loaded, reported under the plugin's name."""

from __future__ import annotations

import dis
import functools
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from rcl_cli.disk.words import OF_WRITING
from rcl_cli.errors import PluginError, RclError, is_out_of_memory
from rcl_cli.plugins.entries import Entry, Problem

T = TypeVar("T")
Check = Callable[..., str]
"""Called with what a method was called with, and its result: what is wrong with the result, "" where nothing is."""
_RAISE = dis.opmap["RAISE_VARARGS"]
_MARK = "__rcl_guarded__"
_JUDGES = ("loss", "metrics")
"""Methods of `Task` that compare what a head made with what it should have made."""
_MODULES = ("build_head", "head_on")
"""Methods that return a torch module."""


class PluginFault(PluginError):
    """A plugin that loads and then fails; `reason` says how, without its name."""

    def __init__(self, entry: Entry, reason: str) -> None:
        super().__init__(str(Problem(entry, reason)))
        self.reason = reason


def in_words(error: BaseException) -> str:
    """Any error as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")


def is_users(error: BaseException) -> bool:
    """Whether it is no failure of the code that it comes out of: an answer to the user, a full disk, or Ctrl-C."""
    if isinstance(error, RclError | GeneratorExit) or is_out_of_memory(error):
        return True
    if isinstance(error, OSError) and error.errno in OF_WRITING:
        return True
    return isinstance(error, KeyboardInterrupt) and not _raised_by_a_plugin(error)


def _raised_by_a_plugin(error: BaseException) -> bool:
    """By a `raise` outside rcl: a signal comes up between two instructions, never in one that raises."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None or str(step.tb_frame.f_globals.get("__name__", "")).startswith("rcl_cli."):
        return False
    return step.tb_frame.f_code.co_code[step.tb_lasti] == _RAISE


def guard(found: type[T], base: type[Any], entry: Entry, checks: Mapping[str, Check] | None = None) -> type[T]:
    """The class `found`, whose methods that `base` declares now raise PluginFault where they fail or give nonsense."""
    if _MARK in vars(found):
        return found
    declared = {name for kind in base.__mro__ if kind.__module__ == base.__module__ for name in vars(kind)}
    hooks = {name for name in declared if name == "__init__" or not name.startswith("_")}
    for name in sorted(hooks):
        home = next((kind for kind in found.__mro__ if name in vars(kind)), None)
        # What is inherited from `base` fails by the plugin where it is given what the plugin made.
        own = home is not None and issubclass(home, base) and home is not base
        value = vars(home)[name] if home is not None else None
        if own or name in _JUDGES:
            wrapped = _wrapped(value, name, entry, (checks or {}).get(name))
            if wrapped is not None:
                setattr(found, name, wrapped)
    setattr(found, _MARK, True)
    return found


def failed(entry: Entry, what: str, error: BaseException) -> NoReturn:
    """Raise PluginFault for what came out of the plugin in `what`, or the error itself where it `is_users`."""
    if is_users(error):
        raise error
    raise PluginFault(entry, f"fails in {what} ({in_words(error)})") from error


def _guarded_module(module: Any, entry: Entry) -> Any:
    """A torch module whose `forward` raises PluginFault where it fails; its class has the same name."""
    kind = type(module)
    if _MARK not in vars(kind):
        module.__class__ = _guarded_kind(kind, entry)  # type: ignore[arg-type]
    return module


@functools.cache
def _guarded_kind(kind: Any, entry: Entry) -> type[Any]:
    forward = _wrapped(kind.forward, f"{kind.__name__}.forward", entry, None)
    told = {"__module__": kind.__module__, "__doc__": kind.__doc__, _MARK: True}
    return type(kind.__name__, (kind,), {"forward": forward, **told})


def _wrapped(value: Any, name: str, entry: Entry, check: Check | None) -> Any:
    match value:
        case classmethod():
            return classmethod(_call(value.__func__, name, entry, check))
        case staticmethod():
            return staticmethod(_call(value.__func__, name, entry, check))
        case property(fget=get) if get is not None:
            return property(_call(get, name, entry, check), value.fset, value.fdel, value.__doc__)
        case _ if callable(value) and not isinstance(value, type):
            return _call(value, name, entry, check)
    return None


def _call(function: Callable[..., Any], name: str, entry: Entry, check: Check | None) -> Callable[..., Any]:
    what = "its constructor" if name == "__init__" else name

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        try:
            result = function(*args, **named)
            wrong = check(result, *args, **named) if check is not None else ""
        except BaseException as error:
            failed(entry, what, error)
        if wrong:
            raise PluginFault(entry, f"its {what} {wrong}")
        return _guarded_module(result, entry) if name in _MODULES else result

    return call
