"""Finding and loading tasks and pretexts, one entry point at a time: one that fails never takes the rest down.

Names come from the entry points of installed distributions, so that listing them imports no plugin. A name that two
distributions want goes to this program's own, else to the first by distribution name; the other is reported.
`RCL_LOAD_PLUGINS` narrows down whose plugins count besides this program's own: a list of distribution names,
separated by commas; empty for none.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from rcl_cli import hookspecs
from rcl_cli.domain import Domain
from rcl_cli.errors import PluginError

if TYPE_CHECKING:
    from rcl_cli.pretext import Pretext
    from rcl_cli.task import Task

TASKS = "rcl.tasks"
PRETEXTS = "rcl.pretexts"
GROUPS = (TASKS, PRETEXTS)
OWN = "rcl-cli"
ENVIRONMENT = "RCL_LOAD_PLUGINS"


@dataclass(frozen=True)
class Entry:
    """One plugin as its distribution announces it; nothing of it is imported yet."""

    point: metadata.EntryPoint
    distribution: str
    version: str

    @property
    def name(self) -> str:
        """The task's or pretext's name."""
        return self.point.name

    @property
    def kind(self) -> str:
        """ "task" or "pretext"."""
        return "task" if self.point.group == TASKS else "pretext"

    @property
    def source(self) -> str:
        """Distribution and version, for messages."""
        return f"{self.distribution} {self.version}".strip()

    @property
    def description(self) -> str:
        """First line of the module's docstring, read from its source without importing it; "" where there is none."""
        return _first_docstring_line(self.point.module)


@dataclass(frozen=True)
class Problem:
    """A plugin that cannot be used, and why."""

    entry: Entry
    reason: str

    def __str__(self) -> str:
        return f"{self.entry.kind} '{self.entry.name}' of {self.entry.source}: {self.reason}"


def entries(group: str) -> list[Entry]:
    """The usable names of a group (TASKS or PRETEXTS), this program's own first. Imports no plugin."""
    return [entry for entry, winner in _announced(group) if winner is None]


def collisions(group: str) -> list[Problem]:
    """The plugins of a group whose name another distribution has already. Imports no plugin."""
    return [
        Problem(entry, f"its name is taken by {winner.source}; uninstall one of the two, or set {ENVIRONMENT}")
        for entry, winner in _announced(group)
        if winner is not None
    ]


def get_task(name: str) -> Task:
    """The task of this name; loads only its own plugin. Raises PluginError where it is missing or broken."""
    return _make_task(_find(TASKS, name))


def get_pretext(name: str) -> type[Pretext]:
    """The pretext class of this name; loads only its own plugin. Raises PluginError where it is missing or broken."""
    return _load_pretext(_find(PRETEXTS, name))


def load_tasks() -> dict[str, Task]:
    """Every task that loads, by name. Those that do not are left out: `problems` tells why."""
    tasks: dict[str, Task] = {}
    for entry in entries(TASKS):
        try:
            tasks[entry.name] = _make_task(entry)
        except PluginError:
            continue
    return tasks


def problems() -> list[Problem]:
    """Load everything and say what cannot be used: taken names, failed imports, broken contracts."""
    found = []
    for group in GROUPS:
        found += collisions(group)
        for entry in entries(group):
            reason = check(entry)
            if reason:
                found.append(Problem(entry, reason))
    return found


def check(entry: Entry) -> str:
    """Load one plugin; "" where that works, else the reason."""
    try:
        _make_task(entry) if entry.point.group == TASKS else _load_pretext(entry)
    except _Broken as error:
        return error.reason
    return ""


class _Broken(PluginError):
    def __init__(self, entry: Entry, reason: str) -> None:
        super().__init__(f"{Problem(entry, reason)}; `rcl plugins` lists all plugins")
        self.reason = reason


def _announced(group: str) -> Iterator[tuple[Entry, Entry | None]]:
    """Every entry of a group, and the one that has its name already, if any."""
    taken: dict[str, Entry] = {}
    for entry in sorted(_installed(group), key=lambda entry: (entry.distribution != OWN, entry.distribution)):
        yield entry, taken.get(entry.name)
        taken.setdefault(entry.name, entry)


def _installed(group: str) -> Iterator[Entry]:
    allowed = os.environ.get(ENVIRONMENT)
    chosen = None if allowed is None else {_canonical(name) for name in allowed.split(",")}
    seen: set[str] = set()
    for distribution in metadata.distributions():
        name = _canonical(distribution.metadata["Name"] or "")
        # The first on sys.path is the one that Python imports; later copies are shadowed.
        if name in seen or not (name == OWN or chosen is None or name in chosen):
            continue
        seen.add(name)
        for point in distribution.entry_points.select(group=group):
            yield Entry(point, name, distribution.version or "")


def _canonical(distribution: str) -> str:
    """A distribution's name as PEP 503 normalises it.

    >>> _canonical("My_Task.Pack ")
    'my-task-pack'
    """
    return re.sub(r"[-_.]+", "-", distribution.strip()).lower()


def _find(group: str, name: str) -> Entry:
    known = {entry.name: entry for entry in entries(group)}
    if name not in known:
        kind = "task" if group == TASKS else "pretext"
        raise PluginError(f"there is no {kind} '{name}'; there are {', '.join(sorted(known))}")
    return known[name]


def _make_task(entry: Entry) -> Task:
    from rcl_cli.task import Task

    found: type[Task] = _load_class(entry, Task, "rcl_task")
    if isinstance(found.scale, bool) or not isinstance(found.scale, int) or found.scale < 1:
        raise _Broken(entry, f"its scale is {found.scale!r}; it must be a whole number from 1 on")
    try:
        return found()
    except Exception as error:
        raise _Broken(entry, f"cannot be made ({_in_words(error)})") from error


def _load_pretext(entry: Entry) -> type[Pretext]:
    from rcl_cli.pretext import Pretext

    return _load_class(entry, Pretext, "rcl_pretext")


def _load_class(entry: Entry, base: type[Any], hook: str) -> type[Any]:
    """Import the plugin, ask its hook and check what comes back against the contract of `base`."""
    manager = pluggy.PluginManager("rcl")
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(entry.point.load(), entry.name)
        manager.check_pending()
        found = getattr(manager.hook, hook)()
    except (Exception, SystemExit) as error:
        raise _Broken(entry, f"fails to load ({_in_words(error)})") from error
    if found is None:
        raise _Broken(entry, f"has no hook {hook}, or one that returns nothing")
    if not (isinstance(found, type) and issubclass(found, base)):
        raise _Broken(entry, f"its hook {hook} returns {found!r}, which is no subclass of {base.__name__}")
    if getattr(found, "name", None) != entry.name:
        raise _Broken(entry, f"its class is named {getattr(found, 'name', None)!r}, its entry point '{entry.name}'")
    missing: frozenset[str] = getattr(found, "__abstractmethods__", frozenset())
    if missing:
        raise _Broken(entry, f"its class lacks {', '.join(sorted(missing))}")
    domains = getattr(found, "domains", None)
    if not (isinstance(domains, frozenset) and domains and all(isinstance(d, Domain) for d in domains)):
        raise _Broken(entry, f"its domains are {domains!r}; they must be a frozenset of Domain values, not empty")
    return found


def _in_words(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _first_docstring_line(module: str) -> str:
    try:
        spec = _spec_without_import(module)
        source = Path(spec.origin or "").read_text(encoding="utf-8") if spec else ""
        return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    except (OSError, ValueError, SyntaxError, ImportError):
        return ""


def _spec_without_import(module: str) -> ModuleSpec | None:
    # find_spec("a.b") would import a, whose code may be slow or fail: look for b in the folders of a instead.
    top, *rest = module.split(".")
    spec = find_spec(top)
    for depth, _ in enumerate(rest, start=2):
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = ".".join(module.split(".")[:depth])
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    return spec
