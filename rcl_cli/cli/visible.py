"""Text from outside (file names, cameras, models, plugins) as it may be printed: nothing in it steers a terminal."""

from __future__ import annotations

import re

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_STEERING = (
    "\x00-\x1f\x7f-\x9f"  # C0 and C1: terminal escapes begin with them
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen, or turning the text
    "\ud800-\udfff"  # bytes of a name that are no UTF-8, and halves of characters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"  # unseen formats and tags
)
STEERING = re.compile(f"[{_STEERING}]")
"""The characters that are never printed as they are. Joiners stay: Persian names and emoji need them."""
_STEERING_IN_LINES = re.compile(f"(?!\n)[{_STEERING}]")
_NO_UTF8 = re.compile("[\udc80-\udcff]")


def visible(text: str, *, lines: bool = False) -> str:
    r"""`text` with control characters, what turns the direction of writing, and bytes that are no UTF-8 spelled out.

    lines: keep line breaks.

    >>> print(visible("a\x1b[2J\u202egnd.\udce9"))
    a\x1b[2J\u202egnd.\xe9
    """
    return (_STEERING_IN_LINES if lines else STEERING).sub(lambda found: _spelled(found[0]), text)


def utf8(text: str) -> str:
    r"""`text` with the bytes of a file name that are no UTF-8 spelled out; all else as it is.

    >>> print(utf8("caf\udce9.dng"))
    caf\xe9.dng
    """
    return _NO_UTF8.sub(lambda found: _spelled(found[0]), text).encode(errors="replace").decode()


def _spelled(letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # Python's stand-in for a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return _SHORT.get(letter, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
