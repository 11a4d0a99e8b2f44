"""Options of plugins: fields of a frozen dataclass, from which flags, help, checks and headers follow.

@dataclass(frozen=True)
class Options:
    tau: float = option(0.07, "Temperature of the contrast.", above=0)
    planes: str = option("pooled", "What is compared.", choices=("pooled", "separate"))
    strength: float | None = option(None, "Weight.  By the noise where it is not given.", least=0)
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, TypeVar

from rcl_cli.errors import RclError
from rcl_cli.suggest import did_you_mean

_WORDS = {"yes": True, "true": True, "no": False, "false": False}
_METADATA = "rcl"
_LARGEST = 2**31 - 1
"""Of whole numbers."""
T = TypeVar("T")


@dataclass(frozen=True)
class OptionInfo:
    """One option, for help texts and flags."""

    name: str
    kind: type
    """bool, int, float or str."""
    default: Any
    """None: decided where it is used."""
    help: str = ""
    least: float | None = None
    above: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """As it is typed.

        >>> OptionInfo("key_views", int, 2).flag
        '--key-views'
        """
        return f"--{self.name.replace('_', '-')}"

    @property
    def bounds(self) -> str:
        """What it may be, in words; "" where anything of its kind will do.

        >>> OptionInfo("dense", float, 0.5, least=0, most=1).bounds
        'from 0 to 1'
        """
        if self.choices:
            return " or ".join(self.choices)
        if self.least is not None and self.most is not None:
            return f"from {self.least:g} to {self.most:g}"
        parts = [f"at least {self.least:g}"] if self.least is not None else []
        parts += [f"above {self.above:g}"] if self.above is not None else []
        parts += [f"at most {self.most:g}"] if self.most is not None else []
        return " and ".join(parts)


def option(
    default: Any,
    help: str = "",
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """A dataclass field with a help text and bounds; a default of None is decided where the option is used."""
    told = {"help": help, "least": least, "above": above, "most": most, "choices": tuple(choices)}
    return field(default=default, metadata={_METADATA: told})


def options_of(owner: type[Any]) -> list[OptionInfo]:
    """The options of a Task, Pretext or Network class. Raises TypeError for a field of a type that no flag can give."""
    hints = typing.get_type_hints(owner.Options)
    return [
        OptionInfo(
            one.name,
            _kind(hints[one.name]),
            None if one.default is MISSING else one.default,
            **one.metadata.get(_METADATA, {}),
        )
        for one in fields(owner.Options)
    ]


def read_options(owner: type[Any], given: Mapping[str, Any]) -> Any:
    """`owner.Options` from text or values by name, `-` standing for `_`. Raises RclError for unknown or wrong ones."""
    known = {info.name: info for info in options_of(owner)}
    values = {name.replace("-", "_"): value for name, value in given.items()}
    if unknown := sorted(set(values).difference(known)):
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise RclError(f"{words_for(owner)} has no option {unknown[0]}{did_you_mean(unknown[0], known)}; {has}")
    return owner.Options(**{name: _read(owner, known[name], value) for name, value in values.items()})


def plain_options(options: Any) -> dict[str, Any]:
    """An instance of `Options` as plain values, for a header."""
    return asdict(options)


def require(condition: bool, message: str) -> None:
    """Raise RclError with `message` unless `condition` holds."""
    if not condition:
        raise RclError(message)


def words_for(owner: type[Any]) -> str:
    """What a plugin's class is called in messages: "the pretext vader"."""
    kind = next((base.__name__.lower() for base in owner.__mro__ if base.__name__ in _KINDS), "plugin")
    return f"the {kind} {getattr(owner, 'name', owner.__name__)}"


_KINDS = ("Task", "Pretext", "Network")


def _kind(hint: Any) -> type:
    parts = [part for part in typing.get_args(hint) if part is not types.NoneType] or [hint]
    if len(parts) != 1 or parts[0] not in (bool, int, float, str):
        raise TypeError(f"an option is a bool, int, float or str, or None, not {hint}")
    kind: type = parts[0]
    return kind


def _read(owner: type[Any], info: OptionInfo, value: Any) -> Any:
    if value is None and info.default is None:
        return None
    found = _converted(owner, info, value)
    if info.choices:
        good = found in info.choices
    elif info.kind in (int, float):
        good = (
            math.isfinite(found)
            and (info.least is None or found >= info.least)
            and (info.above is None or found > info.above)
            and (info.most is None or found <= info.most)
        )
    else:
        good = True
    if not good:
        bounds = info.bounds or "a finite number"
        raise RclError(f"the option {info.name} of {words_for(owner)} must be {bounds}, not {_shown(value)}")
    return found


def _converted(owner: type[Any], info: OptionInfo, value: Any) -> Any:
    try:
        if info.kind is bool:
            return value if isinstance(value, bool) else _WORDS[str(value).lower()]
        if info.kind is int and isinstance(value, float) and not value.is_integer():
            raise ValueError(value)
        if info.kind is str and not isinstance(value, str):
            raise TypeError(value)
        if info.kind is int and abs(int(value)) > _LARGEST:
            raise RclError(f"the option {info.name} of {words_for(owner)} must be at most {_LARGEST}")
        return info.kind(value)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        kind = {bool: "yes or no", int: "a whole number", float: "a number", str: "text"}[info.kind]
        raise RclError(f"the option {info.name} of {words_for(owner)} must be {kind}, not {_shown(value)}") from error


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
