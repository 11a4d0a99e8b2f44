from __future__ import annotations

import click
import pytest

from rcl_cli.cli.options.values import byte_count, named_values, numbers

CONTEXT = click.Context(click.Command("test"))
OPTION = click.Option(["--option"])


@pytest.mark.parametrize(
    ("text", "count"), [("500M", 500_000_000), ("1.5g", 1_500_000_000), ("4 GB", 4_000_000_000), ("12", 12)]
)
def test_sizes(text: str, count: int) -> None:
    assert byte_count(CONTEXT, OPTION, text) == count


def test_numbers_and_names() -> None:
    assert numbers(CONTEXT, OPTION, "3,1,3") == (1, 3)
    assert named_values(CONTEXT, OPTION, ("a=1", "b=c=d", "e=")) == {"a": "1", "b": "c=d", "e": ""}
    assert byte_count(CONTEXT, OPTION, None) is None
    assert numbers(CONTEXT, OPTION, None) is None


def test_what_is_none_of_them() -> None:
    for callback, value in ((byte_count, "lots"), (byte_count, "-1M"), (numbers, "1;2"), (named_values, ("a",))):
        with pytest.raises(click.BadParameter, match="give"):
            callback(CONTEXT, OPTION, value)  # type: ignore[arg-type]
