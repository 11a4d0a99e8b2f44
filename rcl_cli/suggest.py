"""What a mistyped word was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that is most like `word`, or the only one that begins with it; None where none is like it.

    Upper and lower case are the same, and so are `-` and `_`.

    >>> closest("aply", ["apply", "samples"]), closest("Cal", ["calibrate"]), closest("x", ["apply"])
    ('apply', 'calibrate', None)
    """
    from difflib import get_close_matches

    by_key: dict[str, str] = {}
    for name in known:
        by_key.setdefault(_key(name), name)
    wanted = _key(word)
    begun = [key for key in by_key if len(wanted) > 1 and key.startswith(wanted)]
    found = begun if len(begun) == 1 else get_close_matches(wanted, by_key, n=1)
    return by_key[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """In words, to stand behind the wrong one; "" where nothing is like it.

    >>> did_you_mean("denose", ["denoise", "sr"])
    " (did you mean 'denoise'?)"
    """
    found = closest(word, known)
    return "" if found is None else f" (did you mean {found!r}?)"


def _key(word: str) -> str:
    return word[:100].casefold().replace("_", "-")
