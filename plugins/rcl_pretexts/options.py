"""A pretext's options, given as text or as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rcl_cli.errors import RclError
from rcl_cli.pretext import Pretext, PretextSetup

_WORDS = {"yes": True, "true": True, "no": False, "false": False}


class Configured(Pretext):
    """A pretext whose `options`, those in force, are `defaults` overridden by what was given."""

    defaults: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, setup: PretextSetup) -> None:
        """Raises RclError for options that there are not, or values that cannot work."""
        super().__init__(setup)
        self.options = read_options(self.name, setup.options, self.defaults)

    def describe(self) -> dict[str, Any]:
        return dict(self.options)


def read_options(pretext: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The options in force: `given` ones, of the type of their default. Raises RclError for unknown or wrong ones.

    >>> read_options("vader", {"tau": "0.1"}, {"tau": 0.07, "pixels": 32})
    {'tau': 0.1, 'pixels': 32}
    """
    if unknown := sorted(set(given).difference(defaults)):
        known = f"it has {', '.join(defaults)}" if defaults else "it has none"
        raise RclError(f"the pretext {pretext} has no option {unknown[0]}; {known}")
    return {name: _converted(pretext, name, given.get(name, default), default) for name, default in defaults.items()}


def require(condition: bool, message: str) -> None:
    """Raise RclError with `message` unless `condition` holds."""
    if not condition:
        raise RclError(message)


def _converted(pretext: str, name: str, value: Any, default: Any) -> Any:
    try:
        if isinstance(default, bool):
            return value if isinstance(value, bool) else _WORDS[str(value).lower()]
        return type(default)(value)
    except (KeyError, ValueError) as error:
        kind = "yes or no" if isinstance(default, bool) else "a number"
        raise RclError(f"the option {name} of the pretext {pretext} must be {kind}, not {value}") from error
