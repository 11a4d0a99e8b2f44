"""What all built-in pretexts have in common."""

from __future__ import annotations

from typing import Any

import pytest

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.plugins.entries import PRETEXTS, entries
from rcl_cli.pretext import PretextSetup, get_pretext
from rcl_cli.testing import check_pretext

NAMES = [entry.name for entry in entries(PRETEXTS)]


def test_every_method_of_the_paper_is_there() -> None:
    paper = {"rcl", "noise2noise", "noise2self", "vader", "densecl", "pixcontrast", "consistency", "supervised"}
    assert paper | {"recorrupted", "sure"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_contract_is_kept(name: str) -> None:
    check_pretext(get_pretext(name))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("pixcontrast", {"propagate": "yes"}),
        ("recorrupted", {"noise_aware": "no", "strength": "1"}),
        ("sure", {"noise_aware": "no"}),
        ("vader", {"key_views": 1, "queue": 3}),
        ("densecl", {"grid": 2, "queue": 3}),
        ("rcl", {"distance": "bd"}),
    ],
)
def test_the_contract_is_kept_with_options(name: str, options: dict[str, Any]) -> None:
    check_pretext(get_pretext(name), options)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_options_are_refused(name: str) -> None:
    with pytest.raises(RclError, match=f"{name} has no option temperature"):
        get_pretext(name)(PretextSetup(Domain.RGB, 16, options={"temperature": "1"}))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("vader", {"tau": "warm"}, "must be a number, not warm"),
        ("vader", {"tau": 0}, "above 0"),
        ("vader", {"momentum": 1.5}, "momentum"),
        ("densecl", {"dense": 2}, "dense"),
        ("pixcontrast", {"propagate": "maybe"}, "yes or no"),
        ("pixcontrast", {"distance": 0.1}, "distance"),
        ("noise2self", {"grid": 1}, "grid"),
        ("recorrupted", {"strength": 0}, "strength"),
        ("sure", {"step": 0}, "step"),
    ],
)
def test_impossible_options_are_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(RclError, match=message):
        get_pretext(name)(PretextSetup(Domain.RGB, 16, options=options))
