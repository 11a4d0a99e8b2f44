"""Loading plugins, one entry point at a time: one that fails never takes the rest down."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import pluggy

from rcl_cli.domain import Domain
from rcl_cli.errors import PluginError
from rcl_cli.plugins import hooks
from rcl_cli.plugins.entries import Entry, Problem, entries, kind_of
from rcl_cli.plugins.faults import Check, guard, in_words, is_users
from rcl_cli.suggest import did_you_mean

T = TypeVar("T")


class BrokenPlugin(PluginError):
    """One that is there and cannot be used; `reason` says why, without its name."""

    def __init__(self, entry: Entry, reason: str) -> None:
        super().__init__(f"{Problem(entry, reason)}; `rcl plugins` lists all plugins")
        self.reason = reason


def find(group: str, name: str) -> Entry:
    """The entry of this name. Raises PluginError, with the names that there are, where there is none."""
    known = {entry.name: entry for entry in entries(group)}
    if name not in known:
        meant = did_you_mean(name, known)
        raise PluginError(f"there is no {kind_of(group)} '{name}'{meant}; there are {', '.join(sorted(known))}")
    return known[name]


def registered(entry: Entry) -> Any:
    """Import the plugin and ask its hook; of several things that which has the entry point's name.

    Raises BrokenPlugin where that fails.
    """
    if not entry.module:
        raise BrokenPlugin(entry, entry.defect)
    manager, hook = pluggy.PluginManager("rcl"), f"rcl_{entry.kind}"
    manager.add_hookspecs(hooks)
    try:
        manager.register(entry.load(), entry.name)
        manager.check_pending()
        found = getattr(manager.hook, hook)()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and is_users(error):
            raise
        raise BrokenPlugin(entry, f"fails to load ({in_words(error)})") from error
    if found is None:
        raise BrokenPlugin(entry, f"has no hook {hook}, or one that returns nothing")
    if not isinstance(found, Sequence):
        return found
    return next((one for one in found if getattr(one, "name", None) == entry.name), found)


def load_class(entry: Entry, base: type[T], checks: Mapping[str, Check] | None = None) -> type[T]:
    """The class that the plugin registers, of the right name and with nothing missing. Raises BrokenPlugin.

    Its methods raise PluginFault from now on where they fail, or where `checks` finds a fault in their results.
    """
    found = registered(entry)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise BrokenPlugin(
            entry, f"its hook rcl_{entry.kind} returns {found!r}, which is no subclass of {base.__name__}"
        )
    if getattr(found, "name", None) != entry.name:
        raise BrokenPlugin(
            entry, f"its class is named {getattr(found, 'name', None)!r}, its entry point '{entry.name}'"
        )
    missing: frozenset[str] = getattr(found, "__abstractmethods__", frozenset())
    if missing:
        raise BrokenPlugin(entry, f"its class lacks {', '.join(sorted(missing))}")
    return guard(found, base, entry, checks)


def load_part(entry: Entry, base: type[T], checks: Mapping[str, Check] | None = None) -> type[T]:
    """As `load_class`, of a Task, Pretext or Network, which have domains and options."""
    found = load_class(entry, base, checks)
    domains = getattr(found, "domains", None)
    if not (isinstance(domains, frozenset) and domains and all(isinstance(d, Domain) for d in domains)):
        raise BrokenPlugin(entry, f"its domains are {domains!r}; they must be a frozenset of Domain values, not empty")
    if not dataclasses.is_dataclass(getattr(found, "Options", None)):
        raise BrokenPlugin(entry, "its Options are no dataclass")
    return found
